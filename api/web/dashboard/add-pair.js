import { ask } from "./api.js";
import { byId, element } from "./element.js";
import { exchanges } from "./exchanges.js";
import { count } from "./format.js";
import { attempt, say } from "./notices.js";
import { Rows } from "./rows.js";

const MOST_MARKETS = 20;
const TYPING_PAUSE_MS = 150;
const DAY_MS = 86_400_000;

const MARKETS = `query Markets($exchange: String!, $search: String, $first: Int!) {
  exchange(name: $exchange) {
    markets(search: $search, first: $first) { totalCount nodes { symbol isActive } }
  }
}`;
const ADD = `mutation Add($input: AddPairsInput!) {
  addPairs(input: $input) { pairs { id symbol interval exchange { name } } }
}`;

let timer = 0;
let asked = 0;

/** The form that searches market lists; `added` is called with the pair that was added. */
export function showAddPair(added) {
  const rows = new Rows(byId("markets"), (market) => market.symbol, (market) => make(market, added));
  byId("add-exchange").replaceChildren(...exchanges.all.map(({ name }) => element("option", {}, name)));
  byId("add").addEventListener("submit", (event) => event.preventDefault());
  byId("add-search").addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => search(rows), TYPING_PAUSE_MS);
  });
  byId("add-exchange").addEventListener("change", () => {
    offerIntervals();
    search(rows);
  });
  offerIntervals();
}

function offerIntervals() {
  const exchange = exchanges.all.find(({ name }) => name === byId("add-exchange").value);
  const options = (exchange?.intervals ?? []).map((text) => element("option", {}, text));
  byId("add-interval").replaceChildren(...options);
}

async function search(rows) {
  const text = byId("add-search").value.trim();
  const number = (asked += 1);
  const variables = { exchange: byId("add-exchange").value, search: text, first: MOST_MARKETS };
  const answer = text ? await attempt(() => ask(MARKETS, variables)) : { exchange: null };
  if (!answer || number !== asked) return;
  const found = answer.exchange?.markets ?? { nodes: [], totalCount: 0 };
  rows.show(found.nodes);
  byId("add-hint").textContent = text ? hint(found) : "";
}

function hint({ totalCount, nodes }) {
  if (!totalCount) return "No market matches. Is its exchange's market list loaded?";
  return nodes.length < totalCount ? `${nodes.length} of ${count(totalCount)} markets` : `${count(totalCount)} found`;
}

function make({ symbol, isActive }, added) {
  const state = element("span", { class: "hint" }, isActive ? "" : "not traded any more");
  const add = element("button", { type: "button", "aria-label": `Add ${symbol}`, onclick: () => addPair(symbol, added) }, "Add");
  return { element: element("li", {}, element("span", {}, symbol), state, add), show: () => {} };
}

async function addPair(symbol, added) {
  const days = byId("add-history").value;
  const from = days ? new Date(Math.floor(Date.now() / DAY_MS - days) * DAY_MS).toISOString() : null;
  const [exchange, interval] = ["add-exchange", "add-interval"].map((id) => byId(id).value);
  const input = { exchange, symbols: [symbol], intervals: [interval], sync: true, from };
  const answer = await attempt(() => ask(ADD, { input }));
  if (!answer) return;
  say(`${symbol} ${interval} is being collected.`, "info");
  await added(answer.addPairs.pairs[0]);
}
