import { ask } from "./api.js";
import { byId, element } from "./element.js";
import { percent, price } from "./format.js";
import { attempt } from "./notices.js";
import { Rows } from "./rows.js";
import { selection } from "./selection.js";

const PAGE_PAIRS = 100;
const PAIRS = `query Pairs($first: Int!) {
  pairs(first: $first) {
    pageInfo { hasNextPage }
    nodes {
      id symbol interval isActive status exchange { name }
      coverage { percent } latestCandle { timestamp close }
    }
  }
}`;

/** The pairs as they were last asked for. */
export const pairs = { all: [], wanted: PAGE_PAIRS };

const rows = new Rows(byId("pairs"), (pair) => pair.id, make);

/** Those of the selected symbol on its exchange, one an interval. */
export function siblings() {
  const { pair } = selection;
  if (!pair) return [];
  return pairs.all.filter((one) => one.symbol === pair.symbol && one.exchange.name === pair.exchange.name);
}

export async function showPairs() {
  const answer = await attempt(() => ask(PAIRS, { first: pairs.wanted }));
  if (!answer) return;
  pairs.all = answer.pairs.nodes;
  byId("more-pairs").hidden = !answer.pairs.pageInfo.hasNextPage;
  byId("no-pairs").hidden = pairs.all.length > 0;
  draw();
}

function draw() {
  rows.show(pairs.all);
}

function make() {
  const parts = {
    symbol: element("span", { class: "pair-symbol" }),
    place: element("span", { class: "pair-place" }),
    price: element("span", { class: "pair-price" }),
    status: element("span", { class: "status" }),
    bar: element("span", { class: "mini" }, element("span")),
  };
  const button = element("button", { type: "button", class: "pair" }, ...Object.values(parts));
  return { element: element("li", {}, button), show: (pair) => show(button, parts, pair) };
}

function show(button, parts, pair) {
  parts.symbol.textContent = pair.symbol;
  parts.place.textContent = `${pair.exchange.name} · ${pair.interval} · ${percent(pair.coverage.percent)}`;
  parts.price.textContent = pair.latestCandle ? price(pair.latestCandle.close) : "–";
  showStatus(parts.status, pair);
  parts.bar.firstChild.style.width = `${pair.coverage.percent}%`;
  button.onclick = () => selection.choose(pair);
  button.setAttribute("aria-current", String(selection.pair?.id === pair.id));
}

/** How a pair stands, in a word and a colour. */
export function showStatus(place, { status, isActive }) {
  place.dataset.status = isActive ? status : "PAUSED";
  place.textContent = isActive ? status.toLowerCase() : "paused";
}

byId("more-pairs").addEventListener("click", () => {
  pairs.wanted += PAGE_PAIRS;
  showPairs();
});
selection.addEventListener("change", draw);
