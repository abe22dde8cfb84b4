import { ask } from "./api.js";
import { byId, element } from "./element.js";
import { count, counted, instant } from "./format.js";
import { attempt } from "./notices.js";
import { selection } from "./selection.js";

const MOST_FINDINGS = 6; // named one by one
const FINE_SCORE = 99.9; // up to ten slots in ten thousand
const DOUBTFUL_SCORE = 99;

const NOTHING = { score: null, findings: [], findingCount: 0 }; // until the answer has come

const QUALITY = `query Quality($exchange: String!, $symbol: String!, $interval: Interval!) {
  pair(exchange: $exchange, symbol: $symbol, interval: $interval) {
    quality {
      checked { from to } score candleCount finerInterval coarserInterval otherExchanges findingCount
      findings { severity range { from to } what }
    }
  }
}`;

let judged = null; // id of the pair that is shown

/**
 * Judges the newest candles of the selected pair, once unless `isAgain`.
 *
 * `show` is called with the ends, in milliseconds, of what is pressed.
 */
export async function showQuality(show, { isAgain = false } = {}) {
  const { pair } = selection;
  if (judged === pair.id && !isAgain) return;
  if (judged !== pair.id) draw(NOTHING, show);
  judged = pair.id;
  const variables = { exchange: pair.exchange.name, symbol: pair.symbol, interval: pair.interval };
  const answer = await attempt(() => ask(QUALITY, variables));
  if (judged !== pair.id) return;
  if (answer?.pair) draw(answer.pair.quality, show);
  else judged = null;
}

function draw(quality, show) {
  const { score, findings, findingCount } = quality;
  byId("score").textContent = score === null ? "" : `${rounded(score)} of 100`;
  byId("score").dataset.status = standing(score);
  byId("quality-words").textContent = quality === NOTHING ? "" : words(quality);
  byId("findings").replaceChildren(...findings.slice(0, MOST_FINDINGS).map((found) => row(found, show)));
  byId("more-findings").hidden = findingCount <= MOST_FINDINGS;
  byId("more-findings").textContent = `and ${count(findingCount - MOST_FINDINGS)} more`;
}

/** Rounded down, so that only what is without a finding is called 100. */
const rounded = (score) => (Math.floor(score * 100) / 100).toString();

/** As the pairs' status is coloured. */
function standing(score) {
  if (score >= FINE_SCORE) return "SYNCED";
  return score >= DOUBTFUL_SCORE ? "STALE" : "FAILED";
}

function words({ candleCount, checked, finerInterval, coarserInterval, otherExchanges, findingCount }) {
  if (!candleCount) return "No candle to look at yet.";
  const others = [finerInterval, coarserInterval, ...otherExchanges].filter(Boolean);
  const compared = others.length ? `compared with ${others.join(", ")}` : "with nothing stored to compare them with";
  const found = findingCount ? counted(findingCount, "finding", "findings") : "nothing found";
  return `${counted(candleCount, "candle", "candles")} since ${instant(checked.from)}, ${compared}: ${found}`;
}

function row({ severity, range, what }, show) {
  const go = () => show(Date.parse(range.from), Date.parse(range.to));
  const level = element("span", { class: "severity", "data-severity": severity }, severity.toLowerCase());
  const at = element("span", { class: "hint" }, `${instant(range.from)} – ${instant(range.to)}`);
  const button = element("button", { type: "button", title: "Show it in the chart", onclick: go }, level, what, at);
  return element("li", {}, button);
}
