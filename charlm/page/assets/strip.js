// The strip: under each character a column with the values of all units, and the trace of one unit.

const COLUMN = 13, LABEL = 22, TRACE = 72; // pixels

class Strip {
  constructor(reading) {
    this.reading = reading;
    this.canvas = byId("strip");
    this.unit = 0; // counted from 0, layers from 1, as in `charlm inspect`
    const models = reading.openModel.about;
    this.choices = models.layers.flatMap((layer, number) => layer.values
      .map(([name, place]) => ({ layer: number, name, size: layer.size, place, state: layer.states.includes(name) })));
    byId("value").replaceChildren(...this.choices.map(({ layer, name }, at) => {
      const made = element("option", `layer ${layer + 1}, ${name}`);
      made.value = at;
      return made;
    }));
    byId("value").value = this.choices.findIndex(({ layer }) => layer === models.layers.length - 1);
    byId("value").addEventListener("change", () => { this.pick(this.unit, false); reading.again(); });
    byId("unit").addEventListener("input", () => this.pick(numberIn("unit")));
    this.canvas.addEventListener("click", event => this.click(event));
    this.canvas.addEventListener("keydown", event => {
      const unit = { ArrowUp: -1, ArrowDown: 1 }[event.key], place = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (unit === undefined && place === undefined) return;
      event.preventDefault();
      if (unit) this.pick(this.unit + unit); else reading.choose(reading.place + place);
    });
    const again = () => { palette = null; if (reading.spans) { reading.colour(); reading.mark(); this.draw(); } };
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
    addEventListener("resize", () => { if (reading.spans) this.draw(); });
    this.pick(0, false);
  }

  value() { return this.choices[byId("value").value]; }

  at(id, unit = this.unit) { return this.reading.values[id * this.value().size + unit]; }

  most() { // the scale: 1, or more for a memory that goes beyond
    let most = 1;
    for (const value of this.reading.values ?? []) if (Math.abs(value) > most) most = Math.abs(value);
    return most;
  }

  pick(unit, drawn = true) {
    this.unit = Math.max(0, Math.min(this.value().size - 1, Math.floor(unit)));
    byId("unit").max = this.value().size - 1;
    byId("unit").value = this.unit;
    if (!drawn || !this.reading.spans) return;
    if (this.reading.byUnit) { this.reading.colour(); this.reading.mark(); }
    this.draw();
  }

  // The places that there is room for, with the chosen one among them.
  window() {
    const room = Math.max(8, Math.floor(this.canvas.parentElement.clientWidth / COLUMN)), { spans, place } = this.reading;
    const begin = Math.max(0, Math.min(spans.length - room, place - Math.floor(room / 2)));
    return [begin, Math.min(spans.length, begin + room)];
  }

  rowHeight() { return Math.max(1, Math.min(16, Math.round(300 / this.value().size))); }

  draw() {
    const [begin, end] = this.window(), size = this.value().size, height = this.rowHeight(), most = this.most();
    const style = getComputedStyle(document.documentElement), ink = style.getPropertyValue("--ink"), accent = style.getPropertyValue("--accent");
    const pen = sized(this.canvas, (end - begin) * COLUMN, LABEL + size * height);
    pen.font = "14px ui-monospace, Menlo, Consolas, monospace";
    pen.textAlign = "center";
    for (let piece = begin; piece < end; piece++) {
      const x = (piece - begin) * COLUMN, id = this.reading.text.first[piece];
      pen.fillStyle = piece === this.reading.place ? accent : ink;
      pen.fillText(this.label(piece), x + COLUMN / 2, 15, COLUMN);
      for (let unit = 0; unit < size; unit++) {
        pen.fillStyle = colourOf(this.at(id, unit), most);
        pen.fillRect(x, LABEL + unit * height, COLUMN, height);
      }
    }
    pen.strokeStyle = accent;
    pen.lineWidth = 2;
    pen.strokeRect((this.reading.place - begin) * COLUMN, LABEL, COLUMN, size * height);
    pen.strokeRect(1, LABEL + this.unit * height - 1, (end - begin) * COLUMN - 2, height + 2);
    this.drawTrace(begin, end, most, { ink, accent, line: style.getPropertyValue("--line") });
    this.say();
  }

  label(piece) {
    const shown = this.reading.text.shown[piece];
    return shown.startsWith("\n") ? "↵" : shown === " " ? "␣" : visible(shown);
  }

  drawTrace(begin, end, most, { ink, accent, line }) {
    const pen = sized(byId("trace"), (end - begin) * COLUMN, TRACE), y = value => TRACE / 2 - value / most * (TRACE / 2 - 6);
    pen.fillStyle = line;
    pen.fillRect(0, y(0), (end - begin) * COLUMN, 1);
    pen.fillStyle = pen.strokeStyle = accent;
    pen.lineWidth = 2;
    pen.beginPath();
    for (let piece = begin; piece < end; piece++)
      pen.lineTo((piece - begin + 0.5) * COLUMN, y(this.at(this.reading.text.first[piece])));
    pen.stroke();
    pen.beginPath();
    pen.arc((this.reading.place - begin + 0.5) * COLUMN, y(this.at(this.reading.text.first[this.reading.place])), 4, 0, 7);
    pen.fill();
    pen.fillStyle = ink;
    pen.font = "11px system-ui, sans-serif";
    pen.fillText(number(most, most < 10 ? 1 : 0), 2, 10);
    pen.fillText("−" + number(most, most < 10 ? 1 : 0), 2, TRACE - 2);
  }

  say() {
    const { layer, name } = this.value(), { place, text } = this.reading;
    const value = this.at(text.first[place]);
    say("strip-said", `Layer ${layer + 1}, ${name}, unit ${this.unit}: ${number(value, 3).replace("-", "−")} at “${this.label(place)}”`);
  }

  click(event) {
    const box = this.canvas.getBoundingClientRect(), [begin] = this.window();
    const unit = Math.floor((event.clientY - box.top - LABEL) / this.rowHeight());
    this.reading.choose(begin + Math.floor((event.clientX - box.left) / COLUMN));
    if (unit >= 0) this.pick(unit);
  }
}

// A canvas of that many pixels of the page, sharp on any screen, and what draws on it.
function sized(canvas, width, height) {
  const sharp = devicePixelRatio || 1;
  canvas.width = Math.round(width * sharp);
  canvas.height = Math.round(height * sharp);
  canvas.style.width = width + "px";
  canvas.style.height = height + "px";
  const pen = canvas.getContext("2d");
  pen.scale(sharp, sharp);
  return pen;
}
