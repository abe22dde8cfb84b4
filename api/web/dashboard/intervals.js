import { ask } from "./api.js";
import { byId, element } from "./element.js";
import { selection } from "./selection.js";
import { seconds, source } from "./timeframe.js";

const TIMEFRAMES = "query Timeframes { timeframes { interval } }";

/** Every interval as a button; those that nothing stored divides cannot be pressed. Returns what refreshes them. */
export async function showIntervals(siblings) {
  const { timeframes } = await ask(TIMEFRAMES);
  const texts = timeframes.map((item) => item.interval).sort((a, b) => seconds(a) - seconds(b));
  const buttons = texts.map((text) => button(text, siblings));
  byId("intervals").replaceChildren(...buttons);
  const refresh = () => buttons.forEach((one) => show(one, siblings()));
  selection.addEventListener("change", refresh);
  refresh();
  return refresh;
}

function button(text, siblings) {
  const choose = () => selection.choose(source(siblings(), text), text);
  return element("button", { type: "button", "data-interval": text, onclick: choose }, text);
}

function show(one, pairs) {
  const text = one.dataset.interval;
  const pair = source(pairs, text);
  one.disabled = !pair;
  one.title = pair ? (pair.interval === text ? "Stored" : `Resampled from ${pair.interval}`) : "No stored interval divides it";
  one.classList.toggle("stored", pair?.interval === text);
  one.setAttribute("aria-pressed", String(selection.interval === text));
}
