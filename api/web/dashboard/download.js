import { ApiError, ask, refused } from "./api.js";
import { byId } from "./element.js";
import { counted, megabytes } from "./format.js";
import { authorization } from "./key.js";
import { attempt } from "./notices.js";

const PATH = "query ExportPath { exportPath }";
const links = document.querySelectorAll("#download a");

let path = "";
let offered = null;
let isUnderWay = false;

/** Offers the candles that are loaded, and all that there are, as files. */
export function offerDownload(market, rows) {
  offered = { market, rows };
  byId("download").hidden = !path || !rows.length;
  if (!rows.length) return;
  byId("download-loaded").textContent = `these ${counted(rows.length, "candle", "candles")}`;
  for (const link of links) link.href = address(link.dataset.format);
}

function address(format) {
  const { market, rows } = offered;
  const isAll = byId("download-what").value === "all";
  const instant = (at) => new Date(at * 1000).toISOString();
  // No interval is shorter than a second, so the last one opens before that.
  const range = isAll ? {} : { from: instant(rows[0].time), to: instant(rows.at(-1).time + 1) };
  return `${path}.${format}?${new URLSearchParams({ ...market, ...range })}`;
}

/** A link is downloaded by the browser; it sends no key, so with one the page does it. */
async function download(event) {
  if (!authorization().authorization) return;
  event.preventDefault();
  if (isUnderWay) return;
  isUnderWay = true;
  const { href, dataset } = event.currentTarget;
  const name = fileName(dataset.format);
  const file = await attempt(() => fetched(href));
  isUnderWay = false;
  tell(file ? `${name}, ${megabytes(file.size)}` : "");
  if (file) save(file, name);
}

async function fetched(href) {
  try {
    const answer = await fetch(href, { headers: authorization() });
    if (!answer.ok) throw refused((await answer.json()).errors[0]);
    return await whole(answer);
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError("The download broke off; try again.", "UNREACHABLE");
  }
}

async function whole(answer) {
  const parts = [];
  let size = 0;
  for (const reader = answer.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) return new Blob(parts, { type: answer.headers.get("content-type") });
    parts.push(value);
    size += value.length;
    tell(`${megabytes(size)} …`);
  }
}

function save(file, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the browser has begun to write by then
}

function fileName(format) {
  return `${Object.values(offered.market).join("-").replace(/[^A-Za-z0-9.]+/g, "-")}.${format}`;
}

function tell(words) {
  byId("download-state").textContent = words;
}

export async function findExports() {
  const answer = await attempt(() => ask(PATH));
  path = answer?.exportPath ?? "";
  if (offered) offerDownload(offered.market, offered.rows);
}

byId("download-what").addEventListener("change", () => offerDownload(offered.market, offered.rows));
for (const link of links) link.addEventListener("click", download);
