// The sheet: what is typed is read at once, the likeliest next characters are shown, and the model writes on.

class Sheet {
  constructor(model, alphabet) {
    this.model = model;
    this.alphabet = alphabet;
    this.place = new Place(model, alphabet);
    this.text = byId("sheet");
    this.running = false;
    this.turn = 0; // of a writing: one that is not the latest ends
    this.text.addEventListener("input", () => { this.stop(); this.follow(); });
    this.text.addEventListener("keydown", event => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); this.write(); }
      if (event.key === "Escape") this.stop();
    });
    byId("go").addEventListener("click", () => this.running ? this.stop() : this.write());
    byId("clear").addEventListener("click", () => this.begin("", null));
    byId("turn").addEventListener("click", () => { this.follow(); this.begin("", model.state()); });
    byId("dice").addEventListener("click", () => { byId("seed").value = Math.floor(Math.random() * 2 ** 31); });
    for (const name of ["temperature", "top-p"]) {
      const show = () => say(name + "-value", numberIn(name).toFixed(2));
      byId(name).addEventListener("input", show);
      show();
    }
    if (model.about.end !== null) { say("length-label", "Items"); byId("length").value = byId("length").defaultValue = 10; }
  }

  begin(text, base) { // another text; the model starts from a state, or afresh
    this.stop();
    this.text.value = text;
    this.place.forget();
    this.place.base = base;
    this.follow();
    this.text.focus({ preventScroll: true });
  }

  follow() { // bring the model to the end of the text, and show what may come next
    const { ids, missing } = this.alphabet.encode(this.text.value);
    this.place.go(ids);
    this.silence();
    this.showNext();
    const names = Array.from(missing, visible).slice(0, 12).join(" ");
    const fate = this.alphabet.unknown === null ? "left out" : "read as the unknown symbol";
    say("wrote", missing.size ? `not known, and ${fate}: ${names}` : "");
  }

  silence() { // the unknown symbol is read, and never written
    if (this.alphabet.unknown !== null) this.model.logits.data[this.alphabet.unknown] = -1e30;
  }

  showNext() {
    const scores = this.model.logits.data, count = this.alphabet.symbols.length, total = logSum(scores, count);
    let entropy = 0;
    for (let id = 0; id < count; id++) {
      const log = scores[id] - total;
      if (log > -700) entropy -= Math.exp(log) * log / Math.LN2;
    }
    byId("next").replaceChildren(...likeliest(scores, count, Math.min(8, count)).map(id => {
      const share = Math.exp(scores[id] - total), item = document.createElement("li");
      const made = button("", () => this.add(id)), bar = element("span", "", "bar"), inside = element("i");
      inside.style.width = 100 * share + "%";
      bar.append(inside);
      made.disabled = this.alphabet.isPart(id);
      made.append(element("bdi", this.alphabet.name(id), "symbol"), bar, element("span", percent(share), "share"));
      made.setAttribute("aria-label", `add ${this.alphabet.name(id)}, ${percent(share)}`);
      item.append(made);
      return item;
    }));
    say("entropy", `${number(entropy, 2)} bits of entropy`);
  }

  add(id) {
    const symbol = this.alphabet.symbols[id];
    this.stop();
    this.text.value += symbol === "\x1e" ? "\n" : symbol;
    this.follow();
  }

  stop() {
    this.turn++;
    this.running = false;
    say("go", "Write");
  }

  async write() {
    if (this.running) return;
    this.follow();
    const settings = { temperature: numberIn("temperature"), topP: numberIn("top-p"), seed: Math.floor(numberIn("seed")) };
    const turn = ++this.turn;
    this.running = true;
    say("go", "Stop");
    let characters = 0, spent = 0, piece = "", slice = performance.now();
    const end = () => {
      spent += performance.now() - slice;
      this.show(piece);
      piece = "";
      if (spent) say("wrote", `${number(characters)} characters, seed ${settings.seed}, ${number(1000 * characters / spent)} a second`);
    };
    for (const text of this.continued(settings, Math.floor(numberIn("length")))) {
      piece += text;
      if (text) characters++;
      if (performance.now() - slice < SLICE) continue;
      end();
      await pause();
      if (turn !== this.turn) return;
      slice = performance.now();
    }
    end();
    this.showNext();
    this.stop();
  }

  show(piece) {
    this.text.value += piece;
    this.text.scrollTop = this.text.scrollHeight;
  }

  // The text that the model adds, symbol by symbol; of a model of records, so many items that begin as the sheet ends.
  *continued({ temperature, topP, seed }, length) {
    const { model, alphabet, place } = this, { end } = model.about, count = alphabet.symbols.length;
    const begun = place.read.slice(), opening = end === null ? "" : alphabet.symbols[end] === "\n" ? "\n" : "\n\n";
    const prompt = begun.slice(1).map(alphabet.decoder()).join("");
    for (let item = 0; item < (end === null ? 1 : length); item++) {
      const random = randomStream(seed, item), text = alphabet.decoder();
      if (item) { place.forget(); place.go(begun.slice(1)); yield prompt; }
      for (let drawn = 0; drawn < (end === null ? length : 1000); drawn++) {
        this.silence();
        const id = draw(chances(model.logits.data, count, temperature, topP), random());
        if (id === end) break;
        place.step(id);
        yield text(id);
      }
      if (end !== null) { yield opening; place.forget(); place.go([]); }
    }
    this.silence();
  }
}
