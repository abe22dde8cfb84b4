import { ask } from "./api.js";
import { byId, element } from "./element.js";
import { exchanges } from "./exchanges.js";
import { count, day } from "./format.js";
import { attempt } from "./notices.js";
import { collect, hidePlan, showPlan } from "./plan.js";
import { Rows } from "./rows.js";

const MOST_MARKETS = 20;
const TYPING_PAUSE_MS = 150;
const DAY_MS = 86_400_000;
const SHORT_DAYS = 30; // of one pair, which are collected without a look at what it takes

const MARKETS = `query Markets($exchange: String!, $search: String, $first: Int!) {
  exchange(name: $exchange) {
    markets(search: $search, first: $first) { totalCount nodes { symbol isActive listedAt delistedAt } }
  }
}`;
let timer = 0;
let asked = 0;

/** The form that searches market lists; `added` is called with the pair that was added. */
export function showAddPair(added) {
  const rows = new Rows(byId("markets"), (market) => market.symbol, (market) => make(market, added));
  byId("add-exchange").replaceChildren(...exchanges.all.map(({ name }) => element("option", {}, name)));
  byId("add").addEventListener("submit", (event) => {
    event.preventDefault();
    if (isPattern(wanted())) addPairs(wanted(), added);
  });
  byId("add").addEventListener("input", hidePlan);
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

const wanted = () => byId("add-search").value.trim();

const isPattern = (text) => text.includes("*");

async function search(rows) {
  const text = wanted();
  const number = (asked += 1);
  const found = text && !isPattern(text) ? await matching(text) : { nodes: [], totalCount: 0 };
  if (!found || number !== asked) return;
  rows.show(isPattern(text) ? [{ symbol: text, isActive: true }] : found.nodes);
  byId("add-hint").textContent = text ? hint(text, found) : "";
}

async function matching(text) {
  const variables = { exchange: byId("add-exchange").value, search: text, first: MOST_MARKETS };
  const answer = await attempt(() => ask(MARKETS, variables));
  return answer && (answer.exchange?.markets ?? { nodes: [], totalCount: 0 });
}

function hint(text, { totalCount, nodes }) {
  if (isPattern(text)) return "* stands for anything: every market that matches and is traded now.";
  if (!totalCount) return "No market matches. Is its exchange's market list loaded?";
  return nodes.length < totalCount ? `${nodes.length} of ${count(totalCount)} markets` : `${count(totalCount)} found`;
}

function make(market, added) {
  const { symbol } = market;
  const add = element("button", { type: "button", "aria-label": `Add ${symbol}`, onclick: () => addPairs(symbol, added) }, "Add");
  const state = element("span", { class: "hint" });
  const show = (now) => {
    state.textContent = dates(now);
  };
  return { element: element("li", {}, element("span", {}, symbol), state, add), show };
}

function dates({ isActive, listedAt, delistedAt }) {
  if (delistedAt) return `delisted ${day(delistedAt)}`;
  if (!isActive) return "not traded any more";
  return listedAt ? `since ${day(listedAt)}` : "";
}

function addPairs(symbol, added) {
  const days = byId("add-history").value;
  const from = days ? new Date(Math.floor(Date.now() / DAY_MS - days) * DAY_MS).toISOString() : null;
  const [exchange, interval] = ["add-exchange", "add-interval"].map((id) => byId(id).value);
  const input = { exchange, symbols: [symbol], intervals: [interval], sync: true, from };
  const isSmall = from && days <= SHORT_DAYS && !isPattern(symbol);
  return isSmall ? collect(input, added) : showPlan(input, added);
}
