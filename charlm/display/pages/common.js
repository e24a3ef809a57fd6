"use strict";
// What pages share: packed data, elements, names of symbols. Text goes in by textContent alone.
const unpack = async id => {
  const packed = Uint8Array.from(atob(document.getElementById(id).textContent), c => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
};
const json = id => JSON.parse(document.getElementById(id).textContent);
const element = (tag, content = "", className = "") => {
  const made = document.createElement(tag);
  made.textContent = content;
  if (className) made.className = className;
  return made;
};
const nameOf = symbol => ({ "\n": "↵", " ": "␣", "\t": "⇥", "": "unknown", "\x1e": "end" })[symbol] ?? symbol;
const percent = share => share >= 0.9995 ? "100 %" : share >= 0.1 ? (100 * share).toFixed(0) + " %" : (100 * share).toPrecision(2) + " %";
const token = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
