import { ask } from "./api.js";
import { byId, element } from "./element.js";
import { counted } from "./format.js";
import { attempt, say } from "./notices.js";
import { Rows } from "./rows.js";

const EXCHANGES = `query Exchanges {
  exchanges { name adapter isActive intervals markets(first: 0) { totalCount } pairs(first: 0) { totalCount } }
}`;
const SET_ACTIVE = `mutation SetActive($input: SetExchangeActiveInput!) {
  setExchangeActive(input: $input) { exchange { name } }
}`;
const REFRESH = "mutation Refresh($input: RefreshMarketsInput!) { refreshMarkets(input: $input) { exchange { name } } }";

/** The exchanges as they were last asked for. */
export const exchanges = { all: [] };

const rows = new Rows(byId("exchanges"), (exchange) => exchange.name, make);

export async function showExchanges() {
  const answer = await attempt(() => ask(EXCHANGES));
  if (!answer) return;
  exchanges.all = answer.exchanges;
  rows.show(exchanges.all);
}

function make({ name }) {
  const parts = {
    name: element("strong", {}, name),
    state: element("span", { class: "status" }),
    words: element("span", { class: "hint" }),
    toggle: element("button", { type: "button" }),
    refresh: element("button", { type: "button", "aria-label": `Reload markets of ${name}` }, "Reload markets"),
  };
  parts.refresh.addEventListener("click", () => refresh(name));
  return { element: element("li", {}, ...Object.values(parts)), show: (now) => show(parts, now) };
}

function show(parts, { name, isActive, markets, pairs }) {
  parts.state.textContent = isActive ? "active" : "paused";
  parts.state.dataset.status = isActive ? "SYNCED" : "PAUSED";
  parts.words.textContent = [
    counted(markets.totalCount, "market", "markets"), counted(pairs.totalCount, "pair", "pairs"),
  ].join(", ");
  parts.toggle.textContent = isActive ? "Pause" : "Resume";
  parts.toggle.setAttribute("aria-label", `${parts.toggle.textContent} ${name}`);
  parts.toggle.onclick = () => setActive(name, !isActive);
}

async function setActive(name, isActive) {
  await attempt(() => ask(SET_ACTIVE, { input: { name, isActive } }));
  await showExchanges();
}

async function refresh(exchange) {
  const answer = await attempt(() => ask(REFRESH, { input: { exchange } }));
  if (answer) say(`The market list of ${exchange} is being loaded.`, "info");
}
