"use strict";
// Maps of weights: a column for each character, a row for each place; one column is read out.
(() => {
  const read = id => JSON.parse(document.getElementById(id).textContent);
  const maps = read("maps"), names = read("names"), wide = 12, top = 18;
  const svg = (tag, attributes, parent) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    parent.append(made);
    return made;
  };
  let here = 0;
  const frames = [];
  const show = number => {
    here = Math.max(0, Math.min(names.length - 1, number));
    for (const frame of frames) frame.setAttribute("x", here * wide);
    const told = maps.map(map => {
      const most = map.cells.filter(([step]) => step === here).sort((one, other) => other[2] - one[2])[0];
      return `${map.name}: ${most ? `place ${most[1]}, ${(100 * most[2]).toFixed(0)} %` : "spread evenly"}`;
    });
    document.getElementById("at").textContent = `${here + 1} ${names[here]}  ${told.join("; ")}`;
  };
  for (const box of document.querySelectorAll(".scrolls")) {
    const map = maps[box.dataset.number], high = Math.max(2, Math.min(10, 360 / map.places));
    const drawn = svg("svg", { width: names.length * wide, height: top + map.places * high, role: "img", "aria-label": map.name }, box);
    names.forEach((name, step) => { svg("text", { x: (step + 0.5) * wide, y: 12 }, drawn).textContent = name; });
    for (const [step, place, weight] of map.cells)
      svg("rect", { x: step * wide, y: top + place * high, width: wide, height: high, class: "weight", "fill-opacity": weight }, drawn);
    frames.push(svg("rect", { x: 0, y: 0, width: wide, height: top + map.places * high, class: "here" }, drawn));
    drawn.addEventListener("pointermove", event => show(Math.floor((event.clientX - drawn.getBoundingClientRect().left) / wide)));
    box.addEventListener("keydown", event => {
      const to = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: names.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      show(to);
      frames[box.dataset.number].scrollIntoView({ block: "nearest", inline: "nearest" });
    });
  }
  show(0);
})();
