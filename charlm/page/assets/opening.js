// Opens the page: the model from its text of base64, and the parts of the screen. Without a page, as under node, only
// the functions are left to be used.

// The arrays of a page by their names; each is unpacked once.
function arraysOf(about, bytes) {
  const found = new Map();
  return name => found.get(name) ?? found.set(name, unpacked(bytes, about.arrays[name])).get(name);
}

async function openPage() {
  const about = JSON.parse(byId("about").textContent), bytes = bytesOf(byId("weights").textContent);
  const wasm = bytesOf(about.wasm), arrays = arraysOf(about, bytes), openModel = () => new Model(about, arrays, wasm);
  openModel.about = about;
  const model = openModel(), alphabet = new Alphabet(about), sheet = new Sheet(model, alphabet);
  sheet.follow();
  new Moments(sheet);
  const reading = new Reading(openModel, alphabet, sheet);
  say("engine", model.engine === "WebAssembly" ? "products in WebAssembly with SIMD" : "products in plain JavaScript, as WebAssembly with SIMD is missing");
  await sheet.write();
  await reading.read(sheet.text.value);
}

function fail(error) {
  const problem = byId("problem");
  problem.hidden = false;
  problem.textContent = `The model could not be opened: ${error && error.message || error}`;
}

if (typeof document === "undefined") {
  globalThis.page = {
    Alphabet, Model, Place, arraysOf, bytesOf, chances, draw, randomStream, score,
  };
} else openPage().catch(fail);
