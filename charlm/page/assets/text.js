// Text as symbols of the model, and symbols as text. A symbol is a character, a byte or a grapheme cluster.

class Alphabet {
  constructor(about) {
    this.about = about;
    this.symbols = about.symbols; // "" is the unknown symbol
    this.ids = new Map(this.symbols.map((symbol, id) => [symbol, id]));
    this.unknown = this.ids.get("") ?? null;
    this.start = this.ids.get("\n") ?? (this.unknown === null ? 0 : 1);
    this.segmenter = about.unit === "grapheme" && Intl.Segmenter ? new Intl.Segmenter("en") : null;
  }

  // As the model's own text was read: its line ends and its forms.
  normalized(text) {
    if (this.about.newlines === "unix") text = text.replace(/\r\n?/g, "\n");
    if (this.about.unit === "byte") return text;
    for (const form of this.about.forms)
      text = form === "lower" ? text.replace(/Σ/g, "σ").toLowerCase() : text.normalize(form.toUpperCase());
    return this.symbols[this.about.end] === "\x1e" ? text.replace(/\n{2,}/g, "\x1e") : text; // records of several lines
  }

  pieces(text) { // what is one symbol each; of bytes, the characters
    if (!this.segmenter) return Array.from(text);
    return text.split(/(\r|\n)/).flatMap(part => Array.from(this.segmenter.segment(part), found => found.segment));
  }

  // {ids, shown, first, missing}: the text of each piece that was read, the place of its first id, and what is unknown.
  encode(text) {
    const ids = [], shown = [], first = [], missing = new Set();
    const bytes = this.about.unit === "byte" ? new TextEncoder() : null;
    for (const piece of this.pieces(this.normalized(text))) {
      const own = bytes ? Array.from(bytes.encode(piece), byte => String.fromCharCode(byte)) : [piece];
      const known = own.map(symbol => this.ids.get(symbol) ?? this.unknown).filter(id => id !== null);
      if (known.length < own.length || own.some(symbol => !this.ids.has(symbol))) missing.add(piece);
      if (!known.length) continue;
      first.push(ids.length);
      shown.push(piece === "\x1e" ? "\n\n" : piece);
      ids.push(...known);
    }
    return { ids, shown, first, missing };
  }

  decoder() { // a function from an id to the text that it completes
    if (this.about.unit !== "byte") return id => this.symbols[id] || "\ufffd";
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    return id => decoder.decode(Uint8Array.of(this.symbols[id].charCodeAt(0)), { stream: true });
  }

  isPart(id) { return this.about.unit === "byte" && this.symbols[id] > "\x7f"; } // a byte of a longer character

  // How a symbol is called where it stands alone.
  name(id) {
    const symbol = this.symbols[id], code = symbol.codePointAt(0);
    const named = { "\n": "↵", " ": "␣", "\t": "⇥", "": "unknown", "\x1e": "end" }[symbol];
    if (named) return named;
    if (this.about.unit === "byte" && (code < 0x21 || code > 0x7e)) return "0x" + code.toString(16).padStart(2, "0");
    return visible(symbol);
  }
}

// A text without what cannot be seen: signs for controls, U+FFFD for what would turn the text around.
function visible(text) {
  return text.replace(/[\0-\x08\x0b-\x1f]/g, one => String.fromCodePoint(0x2400 + one.charCodeAt(0)))
    .replace(/[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/g, "\ufffd");
}
