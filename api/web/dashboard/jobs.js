import { ask } from "./api.js";
import { byId, element } from "./element.js";
import { counted, duration, instant, percent } from "./format.js";
import { follow } from "./live.js";
import { attempt } from "./notices.js";
import { Rows } from "./rows.js";

const MOST_ENDED = 4; // of each kind, so that the schedule's own do not crowd out the rest
const MOST_OPEN = 20; // of each status
const FIELDS = `id kind status from to createdAt finishedAt
  progress { percent candlesWritten retries reachedAt etaSeconds } error { message isTransient }
  pair { id symbol interval exchange { name } }`;
const JOBS = `query Jobs {
  running: syncJobs(filter: { status: RUNNING }, first: ${MOST_OPEN}) { ...Jobs }
  queued: syncJobs(filter: { status: QUEUED }, first: ${MOST_OPEN}) { ...Jobs }
  forward: syncJobs(filter: { kind: FORWARD }, first: ${MOST_ENDED}) { ...Jobs }
  repair: syncJobs(filter: { kind: REPAIR }, first: ${MOST_ENDED}) { ...Jobs }
  backward: syncJobs(filter: { kind: BACKWARD }, first: ${MOST_ENDED}) { ...Jobs }
  initial: syncJobs(filter: { kind: INITIAL }, first: ${MOST_ENDED}) { ...Jobs }
  range: syncJobs(filter: { kind: RANGE }, first: ${MOST_ENDED}) { ...Jobs }
}
fragment Jobs on SyncJobConnection { nodes { ${FIELDS} } }`;
const JOB = `subscription Job($id: ID!) { syncJob(id: $id) { ${FIELDS} } }`;
const CANCEL = "mutation Cancel($input: CancelSyncJobInput!) { cancelSyncJob(input: $input) { job { id status } } }";

const followed = new Set();
const newest = new Map();
let hasLooked = false;
const rows = new Rows(byId("jobs"), (job) => job.id, make);

/** The newest jobs; `changed` is called with each that moves from the first showing on, the last time when it has ended. */
export async function showJobs(changed) {
  const answer = await attempt(() => ask(JOBS));
  if (!answer) return;
  const found = newestFirst(Object.values(answer).flatMap(({ nodes }) => nodes));
  const ended = hasLooked ? found.filter(hasEndedUnseen) : [];
  hasLooked = true;
  const jobs = found.map(latest);
  byId("no-jobs").hidden = jobs.length > 0;
  rows.show(jobs);
  jobs.filter(isOpen).forEach((job) => watch(job.id, changed));
  ended.forEach(changed);
}

/** Many jobs take less time than passes between two queries. */
function hasEndedUnseen(job) {
  const known = newest.get(job.id);
  return !isOpen(job) && (!known || isOpen(known));
}

function newestFirst(jobs) {
  const each = new Map(jobs.map((job) => [job.id, job]));
  return [...each.values()].sort((a, b) => b.createdAt.localeCompare(a.createdAt));
}

/** An answer to a query may be older than what the subscription said meanwhile. */
function latest(job) {
  const known = newest.get(job.id);
  const isOlder = known && (!isOpen(known) || known.progress.percent > job.progress.percent);
  if (!isOlder) newest.set(job.id, job);
  return isOlder ? known : job;
}

function watch(id, changed) {
  if (followed.has(id)) return;
  followed.add(id);
  follow(JOB, { id }, ({ syncJob }) => take(syncJob, changed), () => followed.delete(id));
}

function take(job, changed) {
  newest.set(job.id, job);
  rows.update(job);
  changed(job);
}

export function isOpen({ status }) {
  return status === "QUEUED" || status === "RUNNING";
}

function make(job) {
  const { symbol, interval } = job.pair;
  const name = `${title(job.kind)} sync of ${symbol} ${interval}`;
  const parts = {
    kind: element("strong", {}, title(job.kind)),
    pair: element("span", { class: "job-pair" }, `${symbol} ${interval}`),
    status: element("span", { class: "status" }),
    bar: element("progress", { max: 100, value: 0, "aria-label": name }),
    words: element("span", { class: "job-words" }),
    cancel: element("button", { type: "button", "aria-label": `Cancel ${name}`, onclick: () => cancel(job.id) }, "Cancel"),
    error: element("p", { class: "job-error", hidden: true }),
  };
  return { element: element("li", { class: "job" }, ...Object.values(parts)), show: (now) => show(parts, now) };
}

function show(parts, job) {
  parts.status.textContent = job.status.toLowerCase();
  parts.status.dataset.status = job.status;
  parts.bar.value = job.progress.percent;
  parts.bar.setAttribute("aria-valuetext", percent(job.progress.percent));
  parts.words.textContent = words(job);
  parts.cancel.hidden = !isOpen(job);
  parts.error.hidden = !job.error;
  parts.error.textContent = job.error?.message ?? "";
}

function words({ status, progress, finishedAt }) {
  const { percent: share, candlesWritten, etaSeconds } = progress;
  const eta = etaSeconds !== null && status === "RUNNING" ? `, ${duration(etaSeconds)} left` : "";
  const end = finishedAt ? `, ended ${instant(finishedAt)}` : "";
  return `${percent(share)}, ${counted(candlesWritten, "candle", "candles")}${eta}${end}`;
}

function cancel(id) {
  return attempt(() => ask(CANCEL, { input: { id } }));
}

function title(kind) {
  return kind[0] + kind.slice(1).toLowerCase();
}
