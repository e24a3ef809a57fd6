"use strict";
// Charts as SVG: lines against steps, and shares as areas. A chart draws itself anew from the points that it is given.
const SVG = "http://www.w3.org/2000/svg";
const HIGH = { wide: 220, small: 120, area: 78 };
const EDGE = { left: 46, right: 8, top: 8, bottom: 20 };

const drawn = (tag, attributes, content) => {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (content !== undefined) made.textContent = content;
  return made;
};

// Round numbers from low to high, about as many as asked for.
const ticks = (low, high, many) => {
  const rough = (high - low) / many || 1, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(one => one * power).find(one => one >= rough);
  const found = [];
  for (let at = Math.ceil(low / step) * step; at <= high + step * 1e-9; at += step) found.push(Math.abs(at) < step / 2 ? 0 : at);
  return found;
};
const powers = (low, high) => {
  const found = [], digits = high / low > 30 ? [1] : high / low > 6 ? [1, 3] : [1, 1.5, 2, 3, 5, 7];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++)
    found.push(...digits.map(one => one * 10 ** power).filter(one => one >= low * 0.999 && one <= high * 1.001));
  return found;
};
// The mean of each value and those around it, so that a trend can be seen in what jumps.
const smooth = (points, share = 0.01) => {
  const reach = Math.floor(points.length * share);
  if (reach < 2) return points;
  const sums = [0];
  for (const point of points) sums.push(sums.at(-1) + point[1]);
  return points.map(([step], at) => {
    const from = Math.max(0, at - reach), to = Math.min(points.length, at + reach + 1);
    return [step, (sums[to] - sums[from]) / (to - from)];
  });
};
const short = value => {
  const size = Math.abs(value);
  if (size >= 1e6) return +(value / 1e6).toPrecision(3) + "M";
  if (size >= 1e4) return +(value / 1e3).toPrecision(3) + "k";
  if (size && size < 1e-3) return value.toExponential(0);
  return String(+value.toPrecision(3));
};

// The highest and the lowest point of each pixel: all that can be seen of many points.
const thinned = (points, width) => {
  if (points.length < 3 * width) return points;
  const found = [], per = points.length / width;
  for (let at = 0; at < width; at++) {
    const part = points.slice(Math.floor(at * per), Math.floor((at + 1) * per));
    const low = part.reduce((one, other) => other[1] < one[1] ? other : one), high = part.reduce((one, other) => other[1] > one[1] ? other : one);
    found.push(...(low[0] < high[0] ? [low, high] : [high, low]));
  }
  return found;
};

class Chart {
  // `value` makes the text of a number. With `log` the scale is logarithmic. `settled` leaves what the first steps have
  // beyond all later ones above the chart, so that these have room.
  constructor(parent, name, { wide = false, log = false, settled = false, value = short } = {}) {
    this.log = log; this.value = value; this.settled = settled; this.high = wide ? HIGH.wide : HIGH.small;
    this.figure = parent.appendChild(element("figure", "", wide ? "wide" : ""));
    const caption = this.figure.appendChild(document.createElement("figcaption"));
    this.name = caption.appendChild(element("b", name));
    this.said = caption.appendChild(element("span"));
    this.svg = this.figure.appendChild(drawn("svg", { role: "img", height: this.high }));
    this.series = []; this.last = "";
    this.svg.addEventListener("pointermove", event => this.point(event));
    this.svg.addEventListener("pointerleave", () => this.leave());
  }
  // `series`: [{points: [[step, value], ...], kind: "line" | "faint" | "joined", of: words}]; `last`: what the caption says.
  draw(series, last) {
    this.series = series; this.last = last; this.said.textContent = last;
    this.svg.setAttribute("aria-label", this.name.textContent + ": " + (last || "nothing yet"));
    const width = this.figure.clientWidth || 300, points = series.flatMap(one => one.points);
    this.svg.setAttribute("viewBox", `0 0 ${width} ${this.high}`);
    this.svg.replaceChildren();
    if (!points.length) return;
    const steps = points.map(point => point[0]);
    const [first_step, last_step] = steps.reduce(([low, high], step) => [Math.min(low, step), Math.max(high, step)], [1, 1]);
    const begun = this.settled ? first_step + (last_step - first_step) * 0.03 : first_step;
    const firm = series.filter(one => one.kind !== "faint" || series.length === 1).flatMap(one => one.points);
    let [low, high] = firm.filter(([step, value]) => step >= begun && (!this.log || value > 0))
      .reduce(([low, high], [, value]) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
    if (low > high) return;
    const jumping = series.filter(one => one.kind === "faint").flatMap(one => one.points).map(point => point[1]);
    low = Math.min(low, jumping.filter(value => !this.log || value > 0).sort((one, other) => one - other)[Math.floor(jumping.length / 50)] ?? low);
    if (low === high) { low -= Math.abs(low) * 0.1 || 1; high += Math.abs(high) * 0.1 || 1; }
    if (!this.log) { const room = (high - low) * 0.06; low = low >= 0 && low < room * 8 ? 0 : low - room; high += room; }
    const scale = this.log ? Math.log : Number;
    const x = step => EDGE.left + (width - EDGE.left - EDGE.right) * (step - first_step) / (last_step - first_step || 1);
    const y = value => EDGE.top + (this.high - EDGE.top - EDGE.bottom) *
      Math.min(1, (scale(high) - scale(value)) / (scale(high) - scale(low)));
    this.x = x; this.width = width;
    for (const at of this.log ? powers(low, high) : ticks(low, high, this.high / 45)) {
      this.svg.append(drawn("line", { class: "grid", x1: EDGE.left, x2: width - EDGE.right, y1: y(at), y2: y(at) }),
        drawn("text", { x: EDGE.left - 6, y: y(at) + 4, "text-anchor": "end" }, this.value(at)));
    }
    for (const at of ticks(first_step, last_step, width / 80).filter(Number.isInteger))
      this.svg.append(drawn("text", { x: Math.min(x(at), width - EDGE.right - 12), y: this.high - 4, "text-anchor": "middle" }, short(at)));
    for (const { points, kind } of series) {
      const seen = thinned(points.filter(point => !this.log || point[1] > 0), width);
      this.svg.append(drawn("polyline", { class: kind, points: seen.map(([step, value]) => x(step).toFixed(1) + "," + y(value).toFixed(1)).join(" ") }));
      if (kind === "joined") {
        const dots = this.svg.appendChild(drawn("g", { class: "dots" }));
        for (const [step, value] of points) dots.append(drawn("circle", { cx: x(step), cy: y(value), r: 3 }));
      }
    }
    this.cursor = this.svg.appendChild(drawn("line", { class: "cursor", y1: EDGE.top, y2: this.high - EDGE.bottom, visibility: "hidden" }));
  }
  point(event) {
    if (!this.cursor) return;
    const at = event.offsetX, words = [];
    let step = null;
    for (const { points, of } of this.series.filter(one => one.of)) {
      const near = points.reduce((one, other) => !one || Math.abs(this.x(other[0]) - at) < Math.abs(this.x(one[0]) - at) ? other : one, null);
      if (!near) continue;
      step ??= near[0];
      words.push((of + " " + this.value(near[1])).trim());
    }
    if (step === null) return;
    this.cursor.setAttribute("x1", this.x(step)); this.cursor.setAttribute("x2", this.x(step));
    this.cursor.setAttribute("visibility", "visible");
    this.said.textContent = "step " + step.toLocaleString("en") + ": " + words.join(", ");
  }
  leave() { this.said.textContent = this.last; this.cursor?.setAttribute("visibility", "hidden"); }
}

// Three shares that add up to one, against steps.
class Shares {
  constructor(parent, name) {
    this.figure = parent.appendChild(document.createElement("figure"));
    const caption = this.figure.appendChild(document.createElement("figcaption"));
    this.name = caption.appendChild(element("b", name));
    this.said = caption.appendChild(element("span"));
    this.svg = this.figure.appendChild(drawn("svg", { role: "img", height: HIGH.area }));
  }
  // `rows`: [step, low, between, high]
  draw(rows) {
    const width = this.figure.clientWidth || 180, first = rows[0][0], last = rows.at(-1)[0];
    const now = rows.at(-1), words = percent(now[1]) + " closed, " + percent(now[3]) + " open";
    this.said.textContent = words;
    this.svg.setAttribute("aria-label", this.name.textContent + ": " + words);
    this.svg.setAttribute("viewBox", `0 0 ${width} ${HIGH.area}`);
    this.svg.replaceChildren();
    const one = rows.length === 1 ? [[0, ...rows[0].slice(1)], [1, ...rows[0].slice(1)]] : rows;
    const x = at => rows.length === 1 ? width * one[at][0] : width * (one[at][0] - first) / (last - first);
    const area = (name, below, above) => {
      const top = one.map((row, at) => x(at).toFixed(1) + "," + ((1 - above(row)) * HIGH.area).toFixed(1));
      const bottom = one.map((row, at) => x(at).toFixed(1) + "," + ((1 - below(row)) * HIGH.area).toFixed(1)).reverse();
      this.svg.append(drawn("polygon", { class: name, points: [...top, ...bottom].join(" ") }));
    };
    area("low", () => 0, row => row[1]);
    area("between", row => row[1], row => row[1] + row[2]);
    area("high", row => row[1] + row[2], () => 1);
  }
}
