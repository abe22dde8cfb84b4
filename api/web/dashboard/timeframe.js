const SECONDS = { s: 1, m: 60, h: 3600, d: 86400, w: 604800 };
const NOMINAL_MONTH_SECONDS = 30 * 86400;

const months = (interval) => ({ M: 1, y: 12 })[interval.at(-1)] * parseInt(interval, 10) || null;

/** Length of a slot in seconds; nominal for months and years. */
export function seconds(interval) {
  return months(interval) ? months(interval) * NOMINAL_MONTH_SECONDS : SECONDS[interval.at(-1)] * parseInt(interval, 10);
}

/** Weeks are counted from a Monday, all else from the epoch, a Thursday. */
const anchor = (interval) => (interval.at(-1) === "w" ? 4 * SECONDS.d : 0);

/** Whether candles of `fine` make whole candles of `coarse`: weeks start on Monday, months are those of the calendar. */
export function divides(fine, coarse) {
  if (months(fine)) return months(coarse) !== null && months(coarse) % months(fine) === 0;
  if (months(coarse)) return SECONDS.d % seconds(fine) === 0;
  const isAligned = (anchor(coarse) - anchor(fine)) % seconds(fine) === 0;
  return isAligned && seconds(coarse) % seconds(fine) === 0;
}

/** The pair that answers for an interval: the coarsest that divides it; undefined where none does. */
export function source(pairs, interval) {
  const dividing = pairs.filter((pair) => divides(pair.interval, interval));
  return dividing.sort((a, b) => seconds(b.interval) - seconds(a.interval))[0];
}
