import { byId, element } from "./element.js";
import { count, instant } from "./format.js";

const MOST_SOURCES = 8; // named one by one

/** What a coverage has to be asked for. */
export const SOURCES = "sources { range { from to } origin lastStoredAt job { kind } }";

/** Lists where covered ranges came from, the newest first. */
export function showSources(sources) {
  byId("sources-panel").hidden = sources.length === 0;
  byId("sources").replaceChildren(...sources.slice(-MOST_SOURCES).reverse().map(row));
  byId("more-sources").hidden = sources.length <= MOST_SOURCES;
  byId("more-sources").textContent = `and ${count(sources.length - MOST_SOURCES)} older`;
}

function row({ range, ...source }) {
  const words = element("span", { class: "hint" }, origin(source));
  return element("li", {}, `${instant(range.from)} – ${instant(range.to)} `, words);
}

/** Who stored it, and when. */
export function origin({ origin, job, lastStoredAt }) {
  const who = { EXCHANGE: job ? `${job.kind.toLowerCase()} job` : "schedule", IMPORT: "import" }[origin] ?? "unknown";
  return lastStoredAt ? `${who}, stored ${instant(lastStoredAt)}` : who;
}

/** The source of most of what is covered between two instants in seconds; undefined where there is none. */
export function sourceOf({ from, to }, sources) {
  const shared = ({ range }) => Math.min(to, Date.parse(range.to) / 1000) - Math.max(from, Date.parse(range.from) / 1000);
  return sources.filter((one) => shared(one) > 0).sort((a, b) => shared(b) - shared(a))[0];
}
