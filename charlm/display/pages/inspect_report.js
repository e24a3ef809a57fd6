"use strict";
// Tables that can be sorted by a click on a heading, and charts: lines, bands, a crosshair, a logarithmic axis.
(() => {
  const element = (tag, content, className) => {
    const made = document.createElement(tag);
    made.textContent = content;
    if (className) made.className = className;
    return made;
  };
  const svg = (tag, attributes, parent) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    if (parent) parent.append(made);
    return made;
  };

  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
    heads.forEach((head, column) => {
      const button = element("button", head.textContent);
      button.type = "button";
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") !== "descending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const number = head.classList.contains("number");
        const value = row => number ? parseFloat(row.cells[column].textContent.replace(/,/g, "")) : row.cells[column].textContent;
        const order = [...body.rows].map(row => [value(row), row]);
        const sign = down ? -1 : 1;
        order.sort(([one], [other]) => number ? sign * ((Number.isNaN(one) ? -Infinity : one) - (Number.isNaN(other) ? -Infinity : other))
                                              : sign * one.localeCompare(other, undefined, { numeric: true }));
        body.append(...order.map(([, row]) => row));
      });
    });
  }

  const short = value => value === null ? "none" : Math.abs(value) >= 1e5 || (value && Math.abs(value) < 1e-3)
    ? value.toExponential(2) : String(Number(value.toPrecision(4)));

  const tick = value => short(value).replace(/(\.\d*?)0+e/, "$1e").replace(".e", "e");

  function ticks(low, high, log) {
    const found = [];
    if (log) {
      const from = Math.floor(Math.log10(low) + 1e-9), to = Math.ceil(Math.log10(high) - 1e-9), step = Math.max(1, Math.round((to - from) / 6));
      for (let power = from; power <= to; power += step) found.push(10 ** power);
      return found.filter(one => one >= low * 0.999 && one <= high * 1.001);
    }
    const rough = (high - low) / 5 || 1, size = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map(one => one * size).find(one => one >= rough);
    for (let at = Math.ceil(low / step - 1e-9); at * step <= high + step * 1e-9; at++) found.push(Number((at * step).toPrecision(12)));
    return found;
  }

  const charts = JSON.parse(document.getElementById("charts").textContent);
  for (const figure of document.querySelectorAll("figure.chart")) draw(figure, charts[figure.dataset.number]);

  function draw(figure, chart) {
    const keys = element("div", "", "keys"), reading = element("p", "", "reading");
    reading.setAttribute("aria-live", "polite");
    for (const curve of chart.curves) keys.append(element("span", curve.name, "c" + curve.colour % 7 + (curve.dashed ? " dashed" : "")));
    let logY = chart.logY;
    const positive = chart.curves.every(curve => curve.y.every(value => value === null || value > 0));
    if (positive) {
      const button = element("button", "");
      const say = () => { button.textContent = logY ? "linear axis" : "logarithmic axis"; };
      button.type = "button";
      button.addEventListener("click", () => { logY = !logY; say(); paint(); });
      say();
      keys.append(button);
    }
    const plot = svg("svg", { class: "plot", role: "img", tabindex: "0",
      "aria-label": chart.title + ". Left and right read the values." });
    figure.append(keys, plot, reading);
    const xs = [...new Set(chart.curves.flatMap(curve => curve.x))].sort((one, other) => one - other);
    let cross = null, here = -1, toX = null, wide = 0;

    function paint() {
      plot.replaceChildren();
      wide = Math.max(300, Math.min(920, figure.clientWidth || 920));
      const high = wide < 560 ? 280 : 340, left = 58, right = 14, top = 10, bottom = 44;
      plot.setAttribute("viewBox", `0 0 ${wide} ${high}`);
      const ys = chart.curves.flatMap(curve => [...curve.y, ...(curve.low ?? []), ...(curve.high ?? [])])
        .filter(value => value !== null && (!logY || value > 0));
      let least = Math.min(...ys), most = Math.max(...ys);
      if (chart.fromZero && !logY) least = Math.min(0, least);
      if (least === most) { most += Math.abs(most) || 1; }
      const logX = chart.logX && xs[0] > 0;
      const scale = (low, up, from, to, log) => {
        const f = log ? Math.log : value => value, a = f(low), b = f(up);
        return value => from + (to - from) * ((f(value) - a) / (b - a || 1));
      };
      toX = scale(xs[0], xs[xs.length - 1], left, wide - right, logX);
      const toY = scale(least, most, high - bottom, top, logY);
      for (const value of ticks(least, most, logY)) {
        const y = toY(value);
        svg("line", { x1: left, x2: wide - right, y1: y, y2: y, class: "grid" }, plot);
        svg("text", { x: left - 6, y: y + 4, "text-anchor": "end" }, plot).textContent = tick(value);
      }
      const marks = logX && xs.length <= 14 ? xs : ticks(xs[0], xs[xs.length - 1], logX);
      let last = -Infinity;
      for (const value of marks) {
        if (toX(value) - last < 34) continue;
        last = toX(value);
        svg("text", { x: last, y: high - bottom + 18, "text-anchor": "middle" }, plot).textContent = tick(value);
      }
      svg("line", { x1: left, x2: wide - right, y1: high - bottom, y2: high - bottom, class: "axis" }, plot);
      svg("text", { x: (left + wide - right) / 2, y: high - 6, "text-anchor": "middle" }, plot).textContent = chart.x;
      svg("text", { transform: `translate(12 ${(top + high - bottom) / 2}) rotate(-90)`, "text-anchor": "middle" }, plot).textContent = chart.y;
      for (const curve of chart.curves) {
        const shown = value => value !== null && (!logY || value > 0);
        if (curve.low) {
          const points = curve.x.map((x, n) => [x, curve.low[n], curve.high[n]]).filter(([, low, up]) => shown(low) && shown(up));
          const upper = points.map(([x, , up]) => `${toX(x)},${toY(up)}`), lower = points.map(([x, low]) => `${toX(x)},${toY(low)}`);
          svg("polygon", { points: [...upper, ...lower.reverse()].join(" "), class: `band c${curve.colour % 7}` }, plot);
        }
        let path = "", drawing = false;
        curve.y.forEach((y, n) => {
          if (!shown(y)) { drawing = false; return; }
          path += `${drawing ? "L" : "M"}${toX(curve.x[n]).toFixed(2)} ${toY(y).toFixed(2)}`;
          drawing = true;
        });
        svg("path", { d: path, class: `line c${curve.colour % 7}${curve.dashed ? " dashed" : ""}` }, plot);
      }
      cross = svg("line", { y1: top, y2: high - bottom, class: "cross", visibility: "hidden" }, plot);
      if (here >= 0) read(here);
    }
    function read(number) {
      here = Math.max(0, Math.min(xs.length - 1, number));
      const x = xs[here];
      cross.setAttribute("x1", toX(x)); cross.setAttribute("x2", toX(x)); cross.setAttribute("visibility", "visible");
      const values = chart.curves.map(curve => {
        const at = curve.x.indexOf(x);
        if (at < 0) return "";
        const band = curve.low && curve.low[at] !== null ? ` (${short(curve.low[at])} to ${short(curve.high[at])})` : "";
        return `${curve.name} ${short(curve.y[at])}${band}`;
      }).filter(Boolean);
      reading.textContent = `${chart.x} ${short(x)}: ${values.join("; ")}`;
    }
    plot.addEventListener("pointermove", event => {
      const box = plot.getBoundingClientRect(), at = (event.clientX - box.left) * wide / box.width;
      let best = 0;
      xs.forEach((x, number) => { if (Math.abs(toX(x) - at) < Math.abs(toX(xs[best]) - at)) best = number; });
      read(best);
    });
    plot.addEventListener("keydown", event => {
      const to = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: xs.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      read(to);
    });
    addEventListener("resize", paint);
    paint();
  }
})();
