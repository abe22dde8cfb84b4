import { showAddPair } from "./add-pair.js";
import { showCoverage } from "./coverage.js";
import { findExports } from "./download.js";
import { showExchanges } from "./exchanges.js";
import { draw, renewHistory, showInstant, showRange } from "./history.js";
import { showIntervals } from "./intervals.js";
import { isOpen, showJobs } from "./jobs.js";
import { attempt } from "./notices.js";
import { showHead } from "./pair-head.js";
import { pairs, showPairs, siblings } from "./pairs.js";
import { showQuality } from "./quality.js";
import { selection } from "./selection.js";
import { showSync } from "./sync.js";

const REFRESH_MS = 5000; // for what other clients and the schedule do

let refreshIntervals = () => {};

async function refreshPairs() {
  await showPairs();
  if (!selection.pair && pairs.all.length) selection.choose(...selection.wanted(pairs.all));
  showHead();
  refreshIntervals();
}

async function refreshCoverage() {
  if (!selection.pair) return;
  await showCoverage(showInstant);
  draw();
}

async function refresh() {
  await showJobs(jobChanged); // first, so that pairs are no older than the jobs whose end is shown
  await refreshPairs();
}

async function jobChanged(job) {
  const isShown = job.pair.id === selection.pair?.id;
  if (isShown && job.kind !== "FORWARD") await renewHistory({ isOpen: isOpen(job) });
  if (isOpen(job)) return;
  await Promise.all([refreshPairs(), isShown && refreshCoverage()]);
  if (isShown && job.kind !== "FORWARD") await showQuality(showRange, { isAgain: true });
}

async function pairAdded(pair) {
  await refresh();
  selection.choose(pair);
}

async function start() {
  selection.addEventListener("change", refreshCoverage);
  selection.addEventListener("change", () => showQuality(showRange));
  showSync(() => showJobs(jobChanged));
  await Promise.all([findExports(), showExchanges(), refresh()]);
  showAddPair(pairAdded);
  refreshIntervals = (await attempt(() => showIntervals(siblings))) ?? refreshIntervals;
  setInterval(() => document.hidden || refresh(), REFRESH_MS);
  setInterval(() => document.hidden || (showExchanges(), refreshCoverage()), 6 * REFRESH_MS);
}

start();
