import { ask } from "./api.js";
import { byId } from "./element.js";
import { price } from "./format.js";
import { attempt } from "./notices.js";
import { pairs, showPairs, showStatus } from "./pairs.js";
import { selection } from "./selection.js";

const SET_ACTIVE = `mutation SetActive($input: SetPairActiveInput!) {
  setPairActive(input: $input) { pair { id isActive } }
}`;

/** The head of the selected pair: what it is, its newest price, how it stands. */
export function showHead() {
  const pair = pairs.all.find((one) => one.id === selection.pair?.id);
  if (!pair) return;
  byId("pair-title").textContent = pair.symbol;
  byId("pair-source").textContent = `${pair.exchange.name} · collected at ${pair.interval}`;
  byId("pair-price").textContent = pair.latestCandle ? price(pair.latestCandle.close) : "";
  showStatus(byId("pair-status"), pair);
  byId("pair-active").hidden = false;
  byId("pair-active").textContent = pair.isActive ? "Pause" : "Resume";
  byId("pair-active").title = pair.isActive ? "Stop collecting new candles" : "Collect new candles again";
  document.title = `${pair.symbol} ${selection.interval} · Candelabra`;
}

byId("pair-active").addEventListener("click", async () => {
  const { id } = selection.pair;
  const { isActive } = pairs.all.find((one) => one.id === id);
  await attempt(() => ask(SET_ACTIVE, { input: { id, isActive: !isActive } }));
  await showPairs();
  showHead();
});
selection.addEventListener("change", showHead);
