// Reading: the score of a text, and the place in a text where the model is.

// The nats of every symbol that is scored, NaN where none is; `look` is called after each symbol that is read.
// A stream is scored from its second symbol on; of records (`end` is the id that ends one) each symbol and its end.
function* scoredNats(model, ids, end, look = () => {}) {
  const count = model.about.symbols.length;
  const nats = id => logSum(model.logits.data, count) - model.logits.data[id];
  model.fresh();
  let begun = end === null;
  if (!begun) model.read(end);
  for (let at = 0; at < ids.length; at++) {
    const id = ids[at], within = end === null ? at > 0 : begun || id !== end;
    yield within ? nats(id) : NaN;
    if (id === end) {
      model.fresh();
      begun = false;
    } else begun = true;
    model.read(id);
    look(at);
  }
  if (end !== null && begun && ids.at(-1) !== end) yield nats(end);
}

// {nats, characters} of a whole text.
function score(model, ids, end) {
  let nats = 0, characters = 0;
  for (const each of scoredNats(model, ids, end)) if (!Number.isNaN(each)) { nats += each; characters++; }
  return { nats, characters };
}

// Keeps a model at the end of a text that changes: it reads again only from the last place that it remembers.
class Place {
  constructor(model, alphabet) {
    this.model = model;
    this.alphabet = alphabet;
    this.every = 512;
    this.forget();
  }

  forget() { this.read = null; this.states = []; this.base = null; }

  opening(ids) { // what is read before the next symbol is drawn
    const { end } = this.model.about;
    if (end === null) return this.base ? ids : ids.length ? ids : [this.alphabet.start];
    return [end, ...ids.slice(ids.lastIndexOf(end) + 1)];
  }

  // Bring the model to the end of the ids. `base`: a state to go on from, in the place of a fresh one.
  go(ids, base = this.base) {
    const wanted = this.opening(ids);
    let same = 0;
    if (this.read && base === this.base)
      while (same < wanted.length && same < this.read.length && wanted[same] === this.read[same]) same++;
    this.base = base;
    if (!this.read || same < this.read.length || !same) {
      const kept = Math.min(Math.floor(same / this.every), this.states.length);
      this.states.length = kept;
      same = kept * this.every;
      if (kept) this.model.restore(this.states[kept - 1]);
      else if (base) this.model.restore(base);
      else this.model.fresh();
      this.read = wanted.slice(0, same);
    }
    for (let at = same; at < wanted.length; at++) this.step(wanted[at]);
  }

  adopt(ids, state, base) { // be at the end of the ids, where the model's state is this one
    this.forget();
    this.base = base;
    this.read = this.opening(ids);
    this.model.restore(state);
  }

  step(id) {
    this.model.read(id);
    this.read.push(id);
    if (this.read.length % this.every === 0) this.states.push(this.model.state());
  }
}
