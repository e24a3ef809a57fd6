// Asks for what is new once a second, keeps it, and draws it.
const by = id => document.getElementById(id);
const element = (tag, content = "", className = "") => {
  const made = document.createElement(tag);
  made.textContent = content;
  if (className) made.className = className;
  return made;
};
const percent = share => share >= 0.995 ? "100 %" : share >= 0.1 ? (100 * share).toFixed(0) + " %" : (100 * share).toFixed(1) + " %";
const bits = nats => nats / Math.LN2;
const three = value => value.toFixed(3);
const whole = value => Math.round(value).toLocaleString("en");
const clock = seconds => {
  const all = Math.max(0, Math.round(seconds)), two = number => String(number).padStart(2, "0");
  return (all >= 3600 ? Math.floor(all / 3600) + ":" + two(Math.floor(all / 60) % 60) : Math.floor(all / 60)) + ":" + two(all % 60);
};

const charts = by("charts");
const loss = new Chart(charts, "Bits per character", { wide: true, settled: true, value: value => String(+value.toFixed(3)) });
const norm = new Chart(charts, "Gradient norm", { log: true });
const rate = new Chart(charts, "Learning rate");
const speed = new Chart(charts, "Characters a second");
const gates = new Map();
const MOST = 400; // events in the list
let version = "", offset = 0, updates = [], validated = [], samples = [], told = [], following = true, shownGates = "";

const forget = () => { updates = []; validated = []; samples = []; told = []; by("events").replaceChildren(); };
const back = step => {
  updates = updates.filter(one => one[0] <= step);
  validated = validated.filter(one => one.step <= step);
};

const WORDS = {
  validated: one => "valid " + three(bits(one.nats)) + " bits per character" + (one.best ? ", the best so far" : ""),
  saved: () => "checkpoint saved",
  skipped: one => "update skipped: " + one.reason,
  rolledback: one => "back to step " + whole(one.to_step) + ", with a smaller learning rate",
  spiked: one => "the loss jumped to " + three(bits(one.nats)) + " bits",
};

function take(news) {
  for (const update of news.updates) if (update[0] !== null && update[1] !== null) updates.push(update);
  for (const event of news.events) {
    if (event.event === "rolledback") back(event.to_step);
    if (event.event === "validated" && event.nats !== null) validated.push(event);
    if (event.event === "sampled") { samples.push(event); continue; }
    if (!(event.event in WORDS) || event.nats === null || (event.event === "saved" && event.best)) continue;
    const item = element("li", "step " + whole(event.step) + ": " + WORDS[event.event](event));
    if (!["validated", "saved"].includes(event.event)) item.className = "warn";
    by("events").prepend(item);
    if (by("events").children.length > MOST) by("events").lastChild.remove();
  }
}

const column = number => updates.filter(one => one[number] !== null).map(one => [one[0], one[number]]);

function drawCurves() {
  const last = updates.at(-1), valid = validated.at(-1);
  loss.draw([
    { points: column(1).map(([step, nats]) => [step, bits(nats)]), kind: "faint" },
    { points: column(2).map(([step, nats]) => [step, bits(nats)]), kind: "line", of: "train" },
    { points: validated.map(one => [one.step, bits(one.nats)]), kind: "joined", of: "valid" },
  ], [last && last[2] !== null ? "train " + three(bits(last[2])) : "", valid ? "valid " + three(bits(valid.nats)) : ""].filter(Boolean).join(", "));
  const norms = column(3);
  norm.draw([{ points: norms, kind: "faint" }, { points: smooth(norms), kind: "line", of: "" }], last ? short(last[3] ?? 0) : "");
  rate.draw([{ points: column(4), kind: "line", of: "" }], last ? (last[4] ?? 0).toExponential(2) : "");
  speed.draw([{ points: column(5), kind: "line", of: "" }], last ? whole(last[5] ?? 0) : "");
}

function drawGates(history, note) {
  by("gates").hidden = !history.length;
  by("gatesnote").textContent = note;
  const key = history.map(one => one.step).join() + " " + by("gatecharts").clientWidth;
  if (!history.length || key === shownGates) return;
  shownGates = key;
  const rows = new Map();
  for (const { step, gates: found } of history)
    for (const { layer, gate, low, between, high } of found) {
      const name = "layer " + layer + ", " + gate;
      rows.set(name, [...rows.get(name) ?? [], [step, low, between, high]]);
    }
  for (const [name, found] of rows) {
    if (!gates.has(name)) gates.set(name, new Shares(by("gatecharts"), name));
    gates.get(name).draw(found);
  }
}

function showSample() {
  by("samples").hidden = !samples.length;
  if (!samples.length) return;
  const which = by("which");
  which.max = samples.length - 1;
  if (following) which.value = samples.length - 1;
  const at = +which.value;
  by("samplehead").textContent = "Sample at step " + whole(samples[at].step) + (at === samples.length - 1 ? ", the newest" : ", " + (at + 1) + " of " + samples.length);
  by("sample").textContent = samples[at].text;
  by("earlier").disabled = at === 0;
  by("later").disabled = at === samples.length - 1;
}

function drawFacts(run) {
  const last = updates.at(-1), facts = [];
  const add = (name, value, more = "") => facts.push([name, value, more]);
  by("about").textContent = [run.text, run.cell && (run.hidden_size ? run.cell + " " + run.num_layers + " x " + run.hidden_size : run.cell)]
    .filter(Boolean).join(", ");
  by("state").textContent = run.gone ? "the run is gone" : run.training ? "training" : "not training";
  by("state").className = run.training ? "live" : "";
  if (last) {
    const done = last[7] ?? 0, best = validated.reduce((one, other) => !one || other.nats < one.nats ? other : one, null);
    add("step", whole(last[0]));
    add("time", clock(last[6] ?? 0), run.training && done > 0.01 ? "about " + clock((last[6] ?? 0) * (1 - done) / done) + " left" : "");
    if (last[2] !== null) add("train", three(bits(last[2])), "bits");
    if (best) add("best valid", three(bits(best.nats)), "bits, step " + whole(best.step));
    add("speed", whole(last[5] ?? 0), "characters/s");
    by("bar").firstElementChild.style.width = 100 * done + "%";
    by("bar").setAttribute("aria-valuenow", Math.round(100 * done));
    document.title = (run.training ? Math.floor(100 * done) + " % " : "") + run.name;
  }
  by("facts").replaceChildren(...facts.map(([name, value, more]) => {
    const group = document.createElement("div"), shown = element("dd", value + " ");
    shown.append(element("small", more));
    group.append(element("dt", name), shown);
    return group;
  }));
}

async function ask() {
  let wait = 1000;
  try {
    const answer = await fetch("news?version=" + encodeURIComponent(version) + "&offset=" + offset, { cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const news = await answer.json();
    if (news.version !== version) forget();
    const changed = news.version !== version || news.updates.length || news.events.length;
    version = news.version; offset = news.offset;
    take(news);
    if (news.more) wait = 0;
    if (changed && !news.more) { drawCurves(); showSample(); }
    by("told").hidden = !by("events").children.length;
    drawFacts(news.run);
    drawGates(news.gates, news.gates_note);
    if (!news.run.training) wait = 2000;
  } catch {
    by("state").className = "";
    by("state").textContent = "the page's server has ended; charlm runs watch shows the run again";
    wait = 3000;
  }
  setTimeout(ask, wait);
}

by("which").addEventListener("input", () => { following = +by("which").value === samples.length - 1; showSample(); });
for (const [id, by_how_many] of [["earlier", -1], ["later", 1]])
  by(id).addEventListener("click", () => { by("which").value = +by("which").value + by_how_many; by("which").dispatchEvent(new Event("input")); });
addEventListener("resize", () => { drawCurves(); shownGates = ""; });
ask();
