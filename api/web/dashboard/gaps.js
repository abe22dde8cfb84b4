import { seconds } from "./timeframe.js";

const WIDEST_SLOTS = 24; // a gap of years takes no more room than that

/**
 * The times that stand for each gap on the chart, which has no room where it has no data.
 *
 * `gaps` are ranges in seconds; those before the first and after the last row are left out.
 */
export function holes(rows, gaps, interval) {
  if (!rows.length) return [];
  const inside = gaps.filter(({ from, to }) => to > rows[0].time && from < rows.at(-1).time);
  return inside.map(({ from }) => hole(rows, from, seconds(interval))).filter((times) => times.length);
}

/** Between the last row that opens before the gap and the one after that: a resampled one may open within the gap. */
function hole(rows, from, step) {
  const before = rows.findLastIndex((row) => row.time < from);
  if (before < 0 || before === rows.length - 1) return [];
  const [start, end] = [rows[before].time, rows[before + 1].time];
  const missing = Math.floor((end - start) / step) - 1;
  const shown = Math.max(1, Math.min(missing, WIDEST_SLOTS)); // one for a gap within a resampled candle
  const width = (end - start) / (shown + 1);
  return Array.from({ length: shown }, (_, n) => Math.round(start + width * (n + 1)));
}

/** The times of the rows that share an instant with a range in seconds, or of the one before it where none does. */
export function slots(rows, { from, to }, interval) {
  const step = seconds(interval);
  const inside = rows.filter(({ time }) => time + step > from && time < to);
  const shown = inside.length ? inside : rows.filter(({ time }) => time < from).slice(-1);
  return shown.map(({ time }) => time);
}
