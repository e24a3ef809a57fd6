// What all parts of the screen use. Text of the model goes into the page as text alone: by textContent and value.

const byId = name => document.getElementById(name);

function element(tag, content = "", className = "") {
  const made = document.createElement(tag);
  made.textContent = content;
  if (className) made.className = className;
  return made;
}

function button(content, act, className = "") {
  const made = element("button", content, className);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

const say = (name, text) => { byId(name).textContent = text; };

const number = (value, digits = 0) => value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });

const percent = share => share < 0.001 ? "< 0.1 %" : number(100 * share, share < 0.1 ? 1 : 0) + " %";

// A number of an input, within its limits; what is no number is its first value.
function numberIn(name) {
  const input = byId(name), value = input.value === "" ? NaN : Number(input.value);
  const found = Number.isFinite(value) ? value : Number(input.defaultValue);
  return Math.min(Number(input.max || Infinity), Math.max(Number(input.min || -Infinity), found));
}

// Lets the browser draw and answer before the work goes on.
const pause = (() => {
  const { port1, port2 } = new MessageChannel(), waiting = [];
  port1.onmessage = () => waiting.shift()();
  if (port1.unref) port1.unref();
  return () => new Promise(go => { waiting.push(go); port2.postMessage(null); });
})();

const SLICE = 24; // milliseconds of work between two pauses
