// Moments: the sheet and the state of the model, kept in this page, in the browser if it allows that, or as a file.

class Moments {
  constructor(sheet) {
    this.sheet = sheet;
    this.name = "charlm moments " + sheet.model.about.model;
    this.kept = this.stored();
    byId("keep").addEventListener("click", () => this.keep(this.now()));
    byId("save").addEventListener("click", () => this.save());
    byId("load").addEventListener("change", event => this.open(event.target));
    this.draw();
  }

  now() {
    const { sheet } = this, packed = state => state && textOf(new Uint8Array(state.buffer));
    sheet.stop();
    sheet.follow();
    const { model } = sheet.model.about;
    return { what: "charlm moment 1", model, text: sheet.text.value, base: packed(sheet.place.base), state: packed(sheet.model.state()) };
  }

  stored() {
    try {
      const found = JSON.parse(localStorage.getItem(this.name) || "[]").filter(each => !this.problem(each));
      say("moments-where", "They are kept in this browser.");
      return found;
    } catch {
      say("moments-where", "They are kept until this page is closed: save them to files.");
      return [];
    }
  }

  keep(moment) {
    this.kept.push(moment);
    try {
      localStorage.setItem(this.name, JSON.stringify(this.kept));
    } catch {
      say("moments-where", "They are kept until this page is closed: save them to files.");
    }
    say("moment-said", "kept");
    this.draw();
  }

  draw() {
    byId("moments").replaceChildren(...this.kept.map((moment, at) => {
      const item = document.createElement("li"), end = visible(moment.text.slice(-40).replace(/\s+/g, " ").trim());
      const restore = button("", () => this.restore(moment)), forget = button("Forget", () => {
        this.kept.splice(at, 1);
        try { localStorage.setItem(this.name, JSON.stringify(this.kept)); } catch { /* it was never stored */ }
        this.draw();
        say("moment-said", "forgotten");
      });
      restore.append(element("bdi", end ? "… " + end : "an empty sheet"));
      restore.setAttribute("aria-label", `Go back to ${end ? "the moment after " + end : "an empty sheet"}`);
      forget.setAttribute("aria-label", `Forget ${end ? "the moment after " + end : "an empty sheet"}`);
      item.append(restore, forget);
      return item;
    }));
  }

  // Why this is no moment of the model; empty if it is.
  problem(moment) {
    const length = 4 * this.sheet.model.state().length;
    const state = text => { const bytes = bytesOf(text); return bytes.length === length && numbersOf(bytes).every(Number.isFinite); };
    try {
      if (moment.what !== "charlm moment 1" || typeof moment.text !== "string") return "that is no moment of a page";
      if (moment.model !== this.sheet.model.about.model) return "that is a moment of another model";
      return state(moment.state) && (!moment.base || state(moment.base)) ? "" : "the file is damaged";
    } catch {
      return "that is no moment of a page";
    }
  }

  restore(moment) {
    const { sheet } = this;
    sheet.stop();
    sheet.text.value = moment.text;
    const base = moment.base ? numbersOf(bytesOf(moment.base)) : null;
    sheet.place.adopt(sheet.alphabet.encode(moment.text).ids, numbersOf(bytesOf(moment.state)), base);
    sheet.follow();
    say("moment-said", "restored");
  }

  save() {
    const made = document.createElement("a"), content = JSON.stringify(this.now());
    made.href = URL.createObjectURL(new Blob([content], { type: "application/json" }));
    made.download = "moment.json";
    made.click();
    setTimeout(() => URL.revokeObjectURL(made.href), 10000);
    say("moment-said", "saved as moment.json");
  }

  async open(input) {
    let moment = null;
    try { moment = JSON.parse(await input.files[0].text()); } catch { /* what it is not is said below */ }
    input.value = "";
    const problem = this.problem(moment);
    if (problem) { say("moment-said", problem); return; }
    this.restore(moment);
    this.keep(moment);
  }
}

const numbersOf = bytes => new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
