// Colours: steps of surprise, as `charlm eval surprise` has them, and values of units from low to high.

const LIMITS = [1, 2, 4, 8, 16]; // bits

const stepOf = bits => LIMITS.filter(limit => bits >= limit).length;

const LEVELS = 64;
let palette = null; // for -LEVELS ... LEVELS, from the page's own colours, which dark and light change

function readPalette() {
  const style = getComputedStyle(document.documentElement);
  const colour = name => style.getPropertyValue(name).trim().split(/\s+/).map(Number);
  const [low, zero, high] = ["--low", "--zero", "--high"].map(colour);
  palette = Array.from({ length: 2 * LEVELS + 1 }, (_, n) => {
    const share = Math.abs(n - LEVELS) / LEVELS, end = n < LEVELS ? low : high;
    return `rgb(${zero.map((from, at) => Math.round(from + (end[at] - from) * share)).join(" ")})`;
  });
}

// The colour of a value between -most and most.
function colourOf(value, most) {
  if (!palette) readPalette();
  const level = Math.round(LEVELS * Math.max(-1, Math.min(1, value / most)));
  return palette[level + LEVELS];
}

function drawLegend(parts) { // [[className, colour, text]]
  byId("legend").replaceChildren(...parts.map(([className, colour, text]) => {
    const made = element("span", text, className);
    if (colour) made.style.backgroundColor = colour;
    return made;
  }));
}

const surpriseLegend = () => drawLegend([["plain", "", "bits:"], ...[0, ...LIMITS].map((limit, step) =>
  ["s" + step, "", step < LIMITS.length ? `${limit}–${LIMITS[step]}` : limit + "+"])]);

const unitLegend = most => drawLegend([-1, -0.5, 0, 0.5, 1].map(share =>
  ["value", colourOf(share * most, most), number(share * most, most < 10 ? 2 : 0).replace("-", "−")]));
