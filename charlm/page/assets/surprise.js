// A text that is read: coloured by surprise or by one unit, with the likeliest characters in the place of a chosen one.

const MOST_READ = 20000; // symbols: all values of a layer are kept in memory
const KEPT = 5; // likeliest symbols of each place

class Reading {
  constructor(openModel, alphabet, sheet) {
    this.alphabet = alphabet;
    this.openModel = openModel;
    this.turn = 0;
    this.byUnit = false;
    this.strip = new Strip(this);
    byId("score").addEventListener("click", () => this.read(byId("given").value));
    byId("from-sheet").addEventListener("click", () => { byId("given").value = sheet.text.value; this.read(sheet.text.value); });
    byId("by-surprise").addEventListener("click", () => this.colourBy(false));
    byId("by-unit").addEventListener("click", () => this.colourBy(true));
    const coloured = byId("coloured");
    coloured.addEventListener("click", event => { if (event.target.place !== undefined) this.choose(event.target.place); });
    coloured.addEventListener("keydown", event => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key], edge = { Home: 0, End: this.spans.length - 1 }[event.key];
      if (step === undefined && edge === undefined) return;
      event.preventDefault();
      this.choose(edge ?? this.place + step);
    });
  }

  async read(text) {
    const turn = ++this.turn;
    this.model ??= this.openModel(); // one of its own: the sheet's stays where it is
    const found = this.alphabet.encode(text), cut = found.ids.length > MOST_READ;
    if (cut) {
      found.ids.length = MOST_READ;
      const pieces = found.first.filter(at => at < MOST_READ).length;
      found.first.length = found.shown.length = pieces;
    }
    const least = this.model.about.end === null ? 2 : 1;
    if (found.ids.length < least) { say("scored", "there is nothing to read: give more characters that the model knows"); return; }
    this.text = found;
    if (!await this.record(turn)) return;
    byId("result").hidden = false;
    this.tell(cut);
    this.draw();
    this.choose(Math.min(found.first.length - 1, 24));
  }

  // Reads the text; keeps the nats, what was likeliest, and the values that the strip shows. False if it was given up.
  async record(turn) {
    const { ids } = this.text, { model } = this, value = this.strip.value(model), count = this.alphabet.symbols.length;
    this.nats = [];
    this.likely = [];
    this.values = new Float32Array(ids.length * value.size);
    const guess = () => {
      const scores = model.logits.data, total = logSum(scores, count);
      this.likely.push(likeliest(scores, count, KEPT).map(id => [id, Math.exp(scores[id] - total)]));
    };
    const reading = scoredNats(model, ids, model.about.end, at => {
      this.values.set(model.value(value), at * value.size);
      guess();
    });
    let slice = performance.now();
    for (const nats of reading) {
      this.nats.push(nats);
      if (performance.now() - slice < SLICE) continue;
      say("scored", `reading: ${number(100 * this.nats.length / ids.length)} %`);
      await pause();
      if (turn !== this.turn) return false;
      slice = performance.now();
    }
    return true;
  }

  tell(cut) {
    let nats = 0, characters = 0;
    for (const each of this.nats) if (!Number.isNaN(each)) { nats += each; characters++; }
    const mean = nats / characters, unit = this.alphabet.about.unit, { missing } = this.text;
    const parts = [`${number(characters)} ${unit}s: ${number(mean / Math.LN2, 4)} bits each (${number(mean, 4)} nats), perplexity ${number(Math.exp(mean), 2)}`];
    if (cut) parts.push(`only the first ${number(MOST_READ)} were read`);
    if (missing.size) parts.push("not known, and " + (this.alphabet.unknown === null ? "left out: " : "read as the unknown symbol: ")
      + Array.from(missing, visible).slice(0, 12).join(" "));
    say("scored", parts.join("; "));
  }

  bits(piece) { // of all symbols of a piece; NaN if none is scored
    const { first } = this.text, own = this.nats.slice(first[piece], first[piece + 1] ?? this.text.ids.length);
    const scored = own.filter(nats => !Number.isNaN(nats));
    return scored.length ? scored.reduce((sum, nats) => sum + nats, 0) / Math.LN2 : NaN;
  }

  draw() {
    this.spans = this.text.shown.map((piece, place) => {
      const made = element("span", visible(piece));
      made.place = place;
      return made;
    });
    byId("coloured").replaceChildren(...this.spans);
    this.colour();
  }

  colourBy(byUnit) {
    this.byUnit = byUnit;
    byId("by-surprise").setAttribute("aria-pressed", String(!byUnit));
    byId("by-unit").setAttribute("aria-pressed", String(byUnit));
    this.colour();
    this.mark();
  }

  colour() {
    if (!this.spans) return;
    const { first } = this.text, most = this.strip.most();
    if (this.byUnit) unitLegend(most); else surpriseLegend();
    for (const [piece, span] of this.spans.entries()) {
      const bits = this.bits(piece), end = span.textContent.startsWith("\n") ? " end" : "";
      span.className = (this.byUnit || Number.isNaN(bits) ? "value" : "s" + stepOf(bits)) + end;
      span.style.backgroundColor = this.byUnit ? colourOf(this.strip.at(first[piece]), most) : "";
    }
  }

  choose(place) {
    this.place = Math.max(0, Math.min(this.spans.length - 1, place));
    this.mark();
    const id = this.text.first[this.place], bits = this.bits(this.place), before = id ? this.likely[id - 1] : null;
    const name = this.alphabet.name(this.text.ids[id]);
    const guesses = before && !Number.isNaN(bits) ? "; likeliest there: " + before.map(([each, share]) => `${this.alphabet.name(each)} ${percent(share)}`).join(", ") : "";
    say("here", `“${name}”: ${Number.isNaN(bits) ? "not scored, nothing is before it" : number(bits, 2) + " bits"}${guesses}`);
    this.strip.draw();
  }

  mark() {
    for (const span of byId("coloured").querySelectorAll(".chosen")) span.classList.remove("chosen");
    this.spans[this.place]?.classList.add("chosen");
  }

  async again() { // other values of the same text
    if (!this.text) return;
    const turn = ++this.turn;
    if (!await this.record(turn)) return;
    this.tell(false);
    this.colour();
    this.choose(this.place);
  }
}
