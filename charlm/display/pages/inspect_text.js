"use strict";
// A text in pieces, coloured by one of several series. A series has for each piece a class and a text to show.
(() => {
  const { pieces, series, next } = JSON.parse(document.getElementById("map").textContent);
  const find = id => document.getElementById(id);
  const text = find("text"), at = find("at"), legend = find("legend"), choices = find("choices");
  const element = (tag, content, className) => {
    const made = document.createElement(tag);
    made.textContent = content;
    if (className) made.className = className;
    return made;
  };
  const spans = pieces.map((piece, number) => {
    const made = element("span", piece.endsWith("\n") ? "↵\n" : piece);
    made.dataset.number = number;
    text.append(made);
    return made;
  });
  if (next) text.append(element("span", next, "next"));
  let here = -1, chosen = 0;

  function paint(number) {
    const words = [series[chosen].classes[number], number === here ? "here" : "", pieces[number].endsWith("\n") ? "end" : ""];
    spans[number].className = words.filter(Boolean).join(" ");
  }
  function choose(number) {
    chosen = number;
    [...choices.children].forEach((button, other) => button.setAttribute("aria-pressed", other === number));
    legend.replaceChildren(...series[number].legend.map(([content, className]) => element("span", content, className)));
    spans.forEach((_, number) => paint(number));
  }
  function select(number) {
    if (number < 0 || number >= spans.length) return;
    const before = here;
    here = number;
    if (before >= 0) paint(before);
    const name = { "\n": "↵", " ": "␣", "\t": "⇥" }[pieces[here]] ?? pieces[here];
    at.textContent = [name, ...series.map(one => one.name + " " + one.shown[here])].join("   ");
    paint(here);
  }
  if (series.length > 1) series.forEach((one, number) => {
    const button = element("button", one.name);
    button.type = "button";
    button.addEventListener("click", () => choose(number));
    choices.append(button);
  });
  text.addEventListener("pointerover", event => {
    if (event.target.dataset.number) select(Number(event.target.dataset.number));
  });
  text.addEventListener("click", event => {
    if (event.target.dataset.number) select(Number(event.target.dataset.number));
  });
  text.addEventListener("keydown", event => {
    const to = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: spans.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    select(here < 0 && event.key === "ArrowLeft" ? spans.length - 1 : to);
  });
  choose(0);
})();
