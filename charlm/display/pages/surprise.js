"use strict";
// The data, unpacked: for each UTF-16 unit of the text its bits * 4, or 255 within a character of several; then, of the
// characters with at least about.least bits, the numbers of the likeliest symbols; then the bits * 4 of each
// of these less those of the one before it.
(async () => {
  const about = JSON.parse(document.getElementById("about").textContent);
  const text = document.getElementById("text"), tip = document.getElementById("tip");
  const packed = Uint8Array.from(atob(document.getElementById("data").textContent), c => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const data = new Uint8Array(await new Response(stream).arrayBuffer());
  const units = data.subarray(0, about.units), wide = about.wide ? 2 : 1;
  const limit = Math.min(254, about.least * 4);
  const EVERY = 4096, before = [0]; // how many characters with likeliest ones come before every 4,096th unit
  let count = 0;
  for (let at = 0; at < units.length; at++) {
    if (at && at % EVERY === 0) before.push(count);
    if (units[at] !== 255 && units[at] >= limit) count++;
  }
  const ids = data.subarray(about.units, about.units + count * about.kept * wide);
  const logs = data.subarray(about.units + count * about.kept * wide);
  const textNodes = () => {
    const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT), nodes = [];
    while (walker.nextNode()) nodes.push(walker.currentNode);
    return nodes;
  };
  const step = level => level < 4 ? 0 : level < 8 ? 1 : level < 16 ? 2 : level < 32 ? 3 : level < 64 ? 4 : 5;

  function draw() { // of a long text, the spans are made here: in the file they would take more room than the text
    let unit = 0;
    for (const node of textNodes()) {
      const whole = node.data, drawn = document.createDocumentFragment(), begin = unit;
      for (let at = 0; at < whole.length;) {
        const here = step(units[begin + at]), end = whole[at] === "\n";
        let stop = at + 1;
        while (stop < whole.length && (units[begin + stop] === 255 ||
               (!end && whole[stop] !== "\n" && step(units[begin + stop]) === here))) stop++;
        const run = whole.slice(at, stop);
        if (here) {
          const made = document.createElement(about.tags[here]);
          made.textContent = run;
          if (end) made.className = "n";
          drawn.append(made);
        } else drawn.append(run);
        at = stop;
      }
      unit += whole.length;
      node.replaceWith(drawn);
    }
  }
  if (!about.drawn) draw();
  const starts = new Map();
  let total = 0;
  for (const node of textNodes()) { starts.set(node, total); total += node.length; }

  const name = symbol => ({ "\n": "↵", " ": "␣", "\t": "⇥", "": "unknown", "\x1e": "end" })[symbol] ?? symbol;
  const element = (tag, content, className) => {
    const made = document.createElement(tag);
    made.textContent = content;
    if (className) made.className = className;
    return made;
  };
  const percent = share => share >= 0.9995 ? "100 %" : share >= 0.1 ? (100 * share).toFixed(0) + " %" : (100 * share).toPrecision(2) + " %";

  function unitAt(event) {
    const x = event.clientX, y = event.clientY;
    const place = document.caretPositionFromPoint ? document.caretPositionFromPoint(x, y) : null;
    const range = place ? null : document.caretRangeFromPoint(x, y);
    const node = place ? place.offsetNode : range && range.startContainer;
    const offset = place ? place.offset : range && range.startOffset;
    if (!node || !starts.has(node)) return -1;
    for (const at of [offset, offset - 1]) { // a caret is between two characters
      if (at < 0 || at >= node.length) continue;
      const own = document.createRange();
      own.setStart(node, at);
      own.setEnd(node, at + 1);
      for (const box of own.getClientRects())
        if (x >= box.left && x <= box.right && y >= box.top && y <= box.bottom) return starts.get(node) + at;
    }
    return -1;
  }

  function show(unit, event) {
    while (unit > 0 && units[unit] === 255) unit--;
    const bits = units[unit] / 4, shown = bits >= 63.5 ? "over 63" : bits.toFixed(2).replace(/0$/, "");
    tip.replaceChildren(element("p", unit === 0 && about.unscored ? "not scored: nothing is before it" : "about " + shown + " bits"));
    if (units[unit] >= limit) {
      const block = Math.floor(unit / EVERY);
      let rank = before[block];
      for (let at = block * EVERY; at < unit; at++) if (units[at] !== 255 && units[at] >= limit) rank++;
      for (let k = 0, level = 0; k < about.kept; k++) {
        const at = rank * about.kept + k;
        const id = wide === 1 ? ids[at] : ids[2 * at] + 256 * ids[2 * at + 1];
        level += logs[at];
        const share = 2 ** (-level / 4), row = element("div", "");
        const bar = element("span", "", "bar");
        bar.style.setProperty("width", Math.max(1, 100 * share) + "%");
        row.append(element("span", name(about.symbols[id])), element("span", percent(share)), bar);
        tip.append(row);
      }
    }
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    tip.style.setProperty("left", Math.max(4, Math.min(event.clientX + 12, innerWidth - box.width - 8)) + "px");
    tip.style.setProperty("top", (event.clientY + 24 + box.height < innerHeight ? event.clientY + 24 : event.clientY - box.height - 12) + "px");
  }

  text.addEventListener("pointermove", event => {
    const unit = unitAt(event);
    if (unit < 0) tip.hidden = true; else show(unit, event);
  });
  text.addEventListener("pointerleave", () => { tip.hidden = true; });
  addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });
})();
