import { ask } from "./api.js";
import { withCounts } from "./counts.js";
import { byId, element } from "./element.js";
import { count, counted, day, instant, percent } from "./format.js";
import { attempt } from "./notices.js";
import { Rows } from "./rows.js";
import { selection } from "./selection.js";
import { origin, showSources, sourceOf, SOURCES } from "./sources.js";
import { cells } from "./strip.js";
import { seconds } from "./timeframe.js";

const MOST_GAPS = 6; // named one by one
const COVERAGE = `query Coverage($exchange: String!, $symbol: String!, $interval: Interval!) {
  pair(exchange: $exchange, symbol: $symbol, interval: $interval) {
    coverage { ranges { from to } gaps { from to } candleCount emptySlots listedAt percent ${SOURCES} }
  }
}`;

let gapRows;

/** What is known of the selected pair; ranges in seconds. */
export const coverage = { ranges: [], gaps: [], sources: [] };

/** Shows how complete the selected pair is; `show` is called with the instant, in milliseconds, of what is pressed. */
export async function showCoverage(show) {
  const { pair } = selection;
  const variables = { exchange: pair.exchange.name, symbol: pair.symbol, interval: pair.interval };
  const answer = await attempt(() => ask(COVERAGE, variables));
  if (!answer?.pair || selection.pair?.id !== pair.id) return;
  const found = answer.pair.coverage;
  coverage.ranges = found.ranges.map(inSeconds);
  coverage.gaps = found.gaps.map(inSeconds);
  coverage.sources = found.sources;
  byId("coverage-words").textContent = words(found);
  showSources(found.sources);
  showGaps(found.gaps, show);
  await showStrip(found, variables, show);
}

function words({ percent: share, candleCount, emptySlots, gaps, ranges }) {
  if (!ranges.length) return "Nothing is covered yet.";
  const holes = gaps.length ? counted(gaps.length, "gap", "gaps") : "no gap";
  const stored = counted(candleCount, "candle", "candles");
  return `${percent(share)} covered, ${holes}, ${stored}, ${counted(emptySlots, "slot", "slots")} without a trade`;
}

async function showStrip({ ranges, listedAt, emptySlots }, variables, show) {
  const starts = [listedAt, ranges[0]?.from].filter(Boolean).map(Date.parse);
  const span = { from: Math.min(...starts) / 1000, to: Date.now() / 1000 };
  const drawn = starts.length ? cells(span, coverage.ranges, seconds(variables.interval)) : [];
  draw(drawn, show);
  scale(starts.length ? span : null);
  if (!emptySlots) return;
  const filled = await attempt(() => withCounts(drawn, variables));
  if (filled && selection.pair.symbol === variables.symbol) draw(filled, show);
}

function draw(drawn, show) {
  byId("strip").replaceChildren(...drawn.map((cell) => column(cell, show)));
}

function column(cell, show) {
  const made = element("span", { title: title(cell), onclick: () => show(cell.from * 1000) });
  made.style.setProperty("--covered", `${100 * cell.covered}%`);
  made.style.setProperty("--traded", `${100 * cell.traded}%`);
  return made;
}

function title(cell) {
  const { from, to, covered, traded } = cell;
  const empty = covered - traded > 0.0005 ? `, ${percent(100 * (covered - traded))} without a trade` : "";
  const source = sourceOf(cell, coverage.sources);
  const who = source ? `; ${origin(source)}` : "";
  return `${instant(from * 1000)} – ${instant(to * 1000)}: ${percent(100 * covered)} covered${empty}${who}`;
}

function scale(span) {
  const marks = span ? [span.from, (span.from + span.to) / 2, span.to] : [];
  byId("strip-scale").replaceChildren(...marks.map((at) => element("span", {}, day(at * 1000))));
}

function showGaps(gaps, show) {
  gapRows ??= new Rows(byId("gaps"), gapWords, (gap) => gapRow(gap, show));
  gapRows.show(gaps.slice(-MOST_GAPS).reverse());
  byId("more-gaps").hidden = gaps.length <= MOST_GAPS;
  byId("more-gaps").textContent = `and ${count(gaps.length - MOST_GAPS)} older`;
}

function gapWords({ from, to }) {
  return `${instant(from)} – ${instant(to)}`;
}

function gapRow(gap, show) {
  const go = () => show(Date.parse(gap.from));
  const button = element("button", { type: "button", title: "Show it in the chart", onclick: go }, gapWords(gap));
  return { element: element("li", {}, button), show: () => {} };
}

function inSeconds({ from, to }) {
  return { from: Date.parse(from) / 1000, to: Date.parse(to) / 1000 };
}
