import { attempt } from "./notices.js";
import { Candles } from "./candles.js";
import { CandleChart } from "./chart.js";
import { coverage } from "./coverage.js";
import { offerDownload } from "./download.js";
import { byId } from "./element.js";
import { count, instant, price, volume } from "./format.js";
import { follow } from "./live.js";
import { selection } from "./selection.js";

const ARRIVALS = `subscription Arrivals($exchange: String!, $symbol: String!, $interval: Interval!, $since: DateTime) {
  candles(exchange: $exchange, symbol: $symbol, interval: $interval, since: $since) {
    kind candles { timestamp open high low close volume }
  }
}`;
const KEYS = {
  ArrowLeft: (chart) => chart.scroll(-20),
  ArrowRight: (chart) => chart.scroll(20),
  PageUp: (chart) => chart.scroll(-200),
  PageDown: (chart) => chart.scroll(200),
  "+": (chart) => chart.zoom(0.8),
  "=": (chart) => chart.zoom(0.8),
  "-": (chart) => chart.zoom(1.25),
  End: (chart) => chart.showNewest(),
};

let candles = null;
let unfollow = () => {};
const chart = new CandleChart(byId("chart"), { needOlder, point });

/** Shows the candles of the selection, and keeps them current. */
async function showHistory() {
  unfollow();
  const { pair, interval } = selection;
  const opened = new Candles(pair, interval);
  candles = opened;
  await attempt(() => opened.open());
  if (candles !== opened) return;
  draw({ isNew: true });
  keepCurrent(opened, pair, interval);
}

/** Shows what a job has stored besides the newest candles, which arrive by themselves. */
export async function renewHistory({ isOpen }) {
  const shown = candles;
  const isEmpty = shown?.rows.length === 0;
  if (!shown || (isOpen && !isEmpty)) return;
  await attempt(() => shown.renew());
  if (candles === shown) draw({ isNew: isEmpty });
}

/** Shows an instant, in milliseconds, once all from there on is loaded. */
export async function showInstant(at) {
  const shown = candles;
  while (candles === shown && shown.rows.length && shown.rows[0].time * 1000 > at) {
    if (!(await attempt(() => shown.extend()))) break;
  }
  draw();
  chart.showTime(at / 1000);
  byId("chart").focus();
}

/** Shows a range, in milliseconds, and marks its candles. */
export async function showRange(from, to) {
  chart.mark({ from: from / 1000, to: to / 1000 });
  await showInstant(from);
}

/** With gaps as they are known now. */
export function draw(how) {
  if (!candles) return;
  const { interval, pair } = selection;
  const rows = candles.rows;
  chart.draw({ rows, interval, gaps: coverage.gaps }, how);
  const source = pair.interval === interval ? "" : `, resampled from ${pair.interval}`;
  const range = rows.length && `${instant(rows[0].time * 1000)} – ${instant(rows.at(-1).time * 1000)}`;
  byId("caption").textContent = rows.length ? `${count(rows.length)} candles, ${range}${source}` : "No candles yet.";
  offerDownload({ exchange: pair.exchange.name, symbol: pair.symbol, interval }, rows);
  point(null);
}

function keepCurrent(opened, pair, interval) {
  const variables = { exchange: pair.exchange.name, symbol: pair.symbol, interval, since: opened.since };
  unfollow = follow(ARRIVALS, variables, ({ candles: event }) => {
    const isFirst = !opened.rows.length;
    opened.merge(event.candles);
    variables.since = opened.since; // for when the connection is lost and made again
    draw({ isNew: isFirst });
  });
}

async function needOlder() {
  const shown = candles;
  if (shown && (await attempt(() => shown.extend())) && candles === shown) draw();
}

function point(row) {
  const shown = row ?? candles?.rows.at(-1);
  const text = (value) => price(value.toFixed(10));
  byId("legend").textContent = shown
    ? `${instant(shown.time * 1000)}  O ${text(shown.open)}  H ${text(shown.high)}  L ${text(shown.low)}  C ${text(shown.close)}  V ${volume(shown.volume)}`
    : "";
}

byId("skip").addEventListener("click", (event) => {
  event.preventDefault(); // the address names the pair
  byId("chart").focus();
});
byId("chart").addEventListener("keydown", (event) => {
  const act = KEYS[event.key];
  if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  act(chart);
});
selection.addEventListener("change", showHistory);
