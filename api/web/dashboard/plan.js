import { ask } from "./api.js";
import { byId, element } from "./element.js";
import { count, counted, duration } from "./format.js";
import { attempt, say } from "./notices.js";

const NAMED_SYMBOLS = 8; // one by one

const ADD = `mutation Add($input: AddPairsInput!) {
  addPairs(input: $input) {
    pairs { id symbol interval exchange { name } }
    estimate { pairs newPairs symbols slots requests seconds isUpperBound }
  }
}`;

let asked = 0; // what was asked for before something else was chosen is not shown any more

/** Shows what collecting would take; its button does it, and `added` is called with the first pair then. */
export async function showPlan(input, added) {
  const number = (asked += 1);
  const answer = await attempt(() => ask(ADD, { input: { ...input, dryRun: true } }));
  if (!answer || number !== asked) return;
  const { estimate } = answer.addPairs;
  byId("plan-title").textContent = `${input.symbols.join(", ")} at ${input.intervals.join(", ")}`;
  byId("plan-facts").replaceChildren(...facts(estimate).flatMap(([name, words]) => [
    element("dt", {}, name), element("dd", {}, words),
  ]));
  byId("plan-symbols").textContent = estimate.symbols.length > 1 ? some(estimate.symbols) : "";
  byId("plan-start").textContent = `Collect ${counted(estimate.pairs, "pair", "pairs")}`;
  byId("plan-start").onclick = () => collect(input, added);
  byId("plan").hidden = false;
  byId("plan-start").focus();
}

export function hidePlan() {
  asked += 1;
  byId("plan").hidden = true;
}

/** Collects without a look at what it takes. */
export async function collect(input, added) {
  const answer = await attempt(() => ask(ADD, { input }));
  if (!answer) return;
  hidePlan();
  const { pairs } = answer.addPairs;
  const [{ symbol, interval }] = pairs;
  say(pairs.length > 1 ? `${count(pairs.length)} pairs are being collected.` : `${symbol} ${interval} is being collected.`, "info");
  await added(pairs[0]);
}

function facts({ pairs, newPairs, slots, requests, seconds, isUpperBound }) {
  const most = isUpperBound ? "up to " : "";
  return [
    ["Pairs", newPairs === pairs ? count(pairs) : `${count(pairs)}, of which ${count(newPairs)} new`],
    ["Candles", `${most}${count(slots)}`],
    ["Requests", `${most}${count(requests)}`],
    ["Time", `${isUpperBound ? "up to" : "about"} ${duration(seconds)}`],
  ];
}

function some(symbols) {
  const more = symbols.length > NAMED_SYMBOLS ? ` and ${count(symbols.length - NAMED_SYMBOLS)} more` : "";
  return `${symbols.slice(0, NAMED_SYMBOLS).join(", ")}${more}`;
}

byId("plan-cancel").addEventListener("click", () => {
  hidePlan();
  byId("add-search").focus();
});
