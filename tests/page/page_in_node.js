// Runs the script of pages as node finds it in their HTML, and answers questions about their models.
// Standard input: {"file": path, "questions": [...]} on each line; standard output: a line of JSON for each.
const fs = require("fs"), readline = require("readline"), vm = require("vm");

function opened(file) {
  const html = fs.readFileSync(file, "utf8");
  const part = (open, close) => html.slice(html.indexOf(open) + open.length, html.indexOf(close, html.indexOf(open)));
  const about = JSON.parse(part('<script type="application/json" id="about">', "</script>"));
  const weights = part('<script type="text/plain" id="weights">', "</script>");
  vm.runInThisContext(part("<script>(() => {", "</script>").replace(/^/, "(() => {"));
  const page = globalThis.page, arrays = page.arraysOf(about, page.bytesOf(weights));
  return { page, about, model: engine => new page.Model(about, arrays, engine === "JavaScript" ? null : page.bytesOf(about.wasm)) };
}

const ANSWERS = {
  logits({ model }, { ids, engine }) { // after each id
    const own = model(engine);
    own.fresh();
    return { engine: own.engine, logits: ids.map(id => { own.read(id); return Array.from(own.logits.data.slice(0, own.bias.length)); }) };
  },
  restored({ model }, { ids, more }) { // the logits after more ids, with the state of another model that read the first
    const [one, other] = [model(), model()];
    one.fresh();
    for (const id of ids) one.read(id);
    other.restore(one.state());
    for (const id of more) { one.read(id); other.read(id); }
    return [one, other].map(each => Array.from(each.logits.data.slice(0, each.bias.length)));
  },
  values({ model }, { ids }) { // every inner value after the last id
    const own = model();
    own.fresh();
    for (const id of ids) own.read(id);
    return own.values().map(each => [each.layer, each.name, Array.from(own.value(each))]);
  },
  score({ page, about, model }, { text }) {
    const found = new page.Alphabet(about).encode(text);
    return { ...page.score(model(), found.ids, about.end), missing: Array.from(found.missing), ids: found.ids };
  },
  write({ page, about, model }, { prompt, seed, sample, length, temperature, topP }) {
    const own = model(), alphabet = new page.Alphabet(about), place = new page.Place(own, alphabet);
    const random = page.randomStream(seed, sample), ids = [];
    place.go(alphabet.encode(prompt).ids);
    for (let n = 0; n < length; n++) {
      if (alphabet.unknown !== null) own.logits.data[alphabet.unknown] = -1e30;
      ids.push(page.draw(page.chances(own.logits.data, own.bias.length, temperature, topP), random()));
      place.step(ids.at(-1));
    }
    return ids;
  },
  random({ page }, { seed, sample, count }) {
    const next = page.randomStream(seed, sample);
    return Array.from({ length: count }, next);
  },
};

readline.createInterface({ input: process.stdin }).on("line", line => {
  const { file, questions } = JSON.parse(line), found = opened(file);
  console.log(JSON.stringify(questions.map(({ ask, ...rest }) => ANSWERS[ask](found, rest))));
});
