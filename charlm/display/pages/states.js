// `values` has a byte for each unit and piece: where the value lies between the ends of the unit's scale, -127 to 127.
// `guesses` has, for each piece, the numbers of the likeliest symbols, one byte each or two, then their shares of 255.
(async () => {
  const { pieces, symbols, kept, wide } = json("about"), units = json("described");
  const values = new Int8Array((await unpack("values")).buffer), guesses = await unpack("guesses");
  const size = pieces.length, by = id => document.getElementById(id);
  const text = by("text"), list = by("units"), canvas = by("trace"), said = by("said"), search = by("search");
  const spans = pieces.map(piece => element("span", piece));
  const buttons = [];
  let unit = 0, place = 0;

  const byte = (which, at) => values[which * size + at];
  const number = (which, at) => units[which].middle + units[which].spread * byte(which, at) / 127;
  const shown = value => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(3)).replace("-", "−");
  const step = value => Math.round(value / 127 * 4);

  function colour() {
    for (let at = 0; at < size; at++) {
      const level = step(byte(unit, at)), end = pieces[at] === "\n";
      spans[at].className = (level ? (level < 0 ? "m" + -level : "p" + level) : "") + (end && (level || at === place) ? " n" : "") + (at === place ? " at" : "");
    }
  }

  function draw() {
    const width = canvas.clientWidth, height = canvas.clientHeight, ratio = devicePixelRatio || 1;
    if (!width) return;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    const pen = canvas.getContext("2d"), cell = 9, count = Math.min(size, Math.floor(width / cell));
    const first = Math.max(0, Math.min(size - count, place - Math.floor(count / 2))), bottom = height - 16, middle = bottom / 2;
    canvas.dataset.first = first;
    pen.scale(ratio, ratio);
    pen.font = "12px " + token("--mono");
    pen.textAlign = "center";
    pen.fillStyle = token("--line");
    pen.fillRect(0, middle, count * cell, 1);
    for (let n = 0; n < count; n++) {
      const at = first + n, part = byte(unit, at) / 127, x = n * cell;
      if (at === place) {
        pen.fillStyle = token("--raised");
        pen.fillRect(x, 0, cell, height);
      }
      pen.fillStyle = token(part < 0 ? "--below" : "--above");
      pen.fillRect(x + 1, part < 0 ? middle : middle - part * middle, cell - 2, Math.max(1, Math.abs(part) * middle));
      pen.fillStyle = token(at === place ? "--text" : "--quiet");
      pen.fillText(pieces[at] === "\n" ? "↵" : pieces[at], x + cell / 2, height - 3);
    }
  }

  function listGuesses() {
    const ids = [], next = by("next");
    const base = place * kept * (wide ? 3 : 2), shares = base + kept * (wide ? 2 : 1);
    next.replaceChildren();
    for (let k = 0; k < kept; k++) {
      const id = wide ? guesses[base + 2 * k] + 256 * guesses[base + 2 * k + 1] : guesses[base + k];
      const share = guesses[shares + k] / 255, row = element("div"), bar = element("span", "", "bar");
      const real = place + 1 < size && pieces[place + 1] === symbols[id];
      bar.style.setProperty("width", Math.max(1, 100 * share) + "%");
      row.append(element("span", nameOf(symbols[id]), real ? "it" : ""), element("span", share < 1 / 255 ? "< 1 %" : percent(share)), bar);
      next.append(row);
      ids.push(nameOf(symbols[id]));
    }
    return ids;
  }

  function show() {
    colour();
    draw();
    const now = units[unit], likeliest = listGuesses();
    by("unit").textContent = now.unit;
    by("about-unit").textContent = now.value + (now.note ? ", " + now.note : "");
    by("low").textContent = shown(now.middle - now.spread);
    by("high").textContent = shown(now.middle + now.spread);
    const edge = Math.abs(byte(unit, place)) === 127 && now.spread !== 0.5 ? (byte(unit, place) > 0 ? "at least " : "at most ") : "";
    said.textContent = "after " + nameOf(pieces[place]) + " the unit is " + edge + shown(number(unit, place)) + "; likeliest next: " + likeliest[0];
    buttons.forEach((button, which) => {
      button.setAttribute("aria-selected", which === unit);
      button.lastChild.textContent = shown(number(which, place));
    });
  }

  function choose(which) {
    const open = buttons.map((button, at) => at).filter(at => !buttons[at].hidden || at === which);
    unit = open.includes(which) ? which : open[0] ?? unit;
    show();
    buttons[unit].scrollIntoView({ block: "nearest" });
  }

  function move(to) {
    place = Math.max(0, Math.min(size - 1, to));
    show();
    const box = spans[place].getBoundingClientRect(), top = by("top").getBoundingClientRect().bottom;
    if (box.top < top + 8) scrollBy(0, box.top - top - 40);
    else if (box.bottom > innerHeight - 8) scrollBy(0, box.bottom - innerHeight + 80);
  }

  const near = by => {
    const open = buttons.map((button, at) => at).filter(at => !buttons[at].hidden);
    if (open.length) choose(open[(Math.max(0, open.indexOf(unit)) + by + open.length) % open.length]);
  };

  function line(by) { // the character nearest in column, a line up or down as it is drawn
    const here = spans[place].getBoundingClientRect();
    let best = place, least = Infinity, row = null;
    for (let at = place; at >= 0 && at < size; at += by) {
      const box = spans[at].getClientRects()[0];
      if (!box || Math.abs(box.top - here.top) < 4) continue;
      if (row === null) row = box.top;
      if (Math.abs(box.top - row) > 4) break;
      const far = Math.abs(box.left - here.left);
      if (far < least) { least = far; best = at; }
    }
    move(best);
  }

  units.forEach((one, which) => {
    const button = element("button");
    button.type = "button";
    button.setAttribute("role", "option");
    button.append(element("span", one.unit), element("span", one.note, "what"), element("span", "", "now"));
    button.addEventListener("click", () => choose(which));
    buttons.push(button);
    list.append(button);
  });
  spans.forEach((span, at) => { span.dataset.at = at; });
  text.append(...spans);
  text.addEventListener("click", event => { if (event.target.dataset.at) move(Number(event.target.dataset.at)); });
  canvas.addEventListener("click", event => move(Number(canvas.dataset.first) + Math.floor(event.offsetX / 9)));
  search.addEventListener("input", () => {
    const wanted = search.value.trim().toLowerCase();
    units.forEach((one, at) => { buttons[at].hidden = !(one.unit + " " + one.note).toLowerCase().includes(wanted); });
    const first = buttons.findIndex(button => !button.hidden);
    if (wanted && first >= 0) choose(first);
  });
  search.addEventListener("keydown", event => { if (event.key === "Enter" || event.key === "Escape") text.focus(); });
  for (const cell of document.querySelectorAll(".findings td:nth-child(3)")) { // the names of units there choose them
    const names = cell.textContent.split(" ");
    cell.replaceChildren(...names.flatMap(name => {
      const which = units.findIndex(one => one.unit === name.replace("-", "")), button = element("button", name);
      button.type = "button";
      button.addEventListener("click", () => choose(which));
      return which < 0 ? [name, " "] : [button, " "];
    }));
  }
  by("back").addEventListener("click", () => near(-1));
  by("on").addEventListener("click", () => near(1));
  addEventListener("keydown", event => {
    if (event.target === search || event.ctrlKey || event.metaKey || event.altKey) return;
    const does = { ArrowRight: () => move(place + 1), ArrowLeft: () => move(place - 1), ArrowDown: () => line(1),
      ArrowUp: () => line(-1), n: () => near(1), p: () => near(-1), "/": () => search.focus(), Home: () => move(0) }[event.key];
    if (does) { event.preventDefault(); does(); }
  });
  addEventListener("resize", draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  show();
})();
