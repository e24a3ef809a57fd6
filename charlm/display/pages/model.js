"use strict";
const by = (id) => document.getElementById(id);
const about = JSON.parse(by("about").textContent);
let asking = null;

by("curl").textContent = "curl " + location.origin + "/v1/completions -H 'Content-Type: application/json' \\\n  -d '" +
  JSON.stringify({ model: about.model, prompt: "", max_tokens: 400, temperature: 0.8, seed: 1 }) + "'";

function number(id) {
  const value = by(id).valueAsNumber;
  return Number.isFinite(value) ? value : null;
}

function busy(is) {
  by("write").disabled = is;
  by("stop").disabled = !is;
}

// The events of a stream, each as the object that it holds.
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    for (const part of parts) if (part !== "data: [DONE]") yield JSON.parse(part.slice(6));
  }
}

async function write() {
  const prompt = by("prompt").value, text = by("text"), written = document.createTextNode("");
  const heard = document.createElement("b");
  heard.textContent = prompt;
  text.replaceChildren(heard, written);
  by("said").textContent = "";
  asking = new AbortController();
  busy(true);
  const began = performance.now();
  let reason = "", notes = [];
  try {
    const answer = await fetch("v1/completions", {
      method: "POST", headers: { "Content-Type": "application/json" }, signal: asking.signal,
      body: JSON.stringify({ model: about.model, prompt, max_tokens: number("length"), temperature: number("temperature"),
        seed: number("seed"), stream: true, stream_options: { include_usage: true } }),
    });
    if (!answer.ok) throw new Error((await answer.json()).error.message);
    for await (const event of events(answer.body)) {
      if (event.error) throw new Error(event.error.message);
      notes = event.notes || notes;
      for (const choice of event.choices) {
        written.appendData(choice.text);
        reason = choice.finish_reason || reason;
      }
    }
    const seconds = (performance.now() - began) / 1000;
    const end = reason === "stop" ? ", ended by the model" : "";
    by("said").textContent = [[...written.data].length.toLocaleString("en") + " characters in " + seconds.toFixed(2) + " s" + end,
      ...notes].join("; ");
  } catch (error) {
    by("said").textContent = error.name === "AbortError" ? "stopped" : error.message;
  } finally {
    asking = null;
    busy(false);
  }
}

by("ask").addEventListener("submit", (event) => { event.preventDefault(); if (!asking) write(); });
by("stop").addEventListener("click", () => { if (asking) asking.abort(); });
// A link to a text: #prompt=The+owl&seed=1 fills the form and writes.
const linked = new URLSearchParams(location.hash.slice(1));
for (const id of ["prompt", "length", "temperature", "seed"]) if (linked.has(id)) by(id).value = linked.get(id);
if (linked.has("prompt")) write();
by("prompt").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); by("ask").requestSubmit(); }
});
