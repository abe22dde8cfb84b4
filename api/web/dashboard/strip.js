const MOST_CELLS = 108;

/**
 * A span of time in cells of whole slots, each with the shares of it that are covered and traded, 0 to 1.
 *
 * All times are seconds. What is covered counts as traded until it has been counted.
 */
export function cells(span, ranges, step) {
  const slots = Math.max(1, Math.floor((span.to - span.from) / step));
  const width = Math.ceil(slots / MOST_CELLS) * step;
  const found = [];
  for (let from = span.from; from + step <= span.to; from += width) {
    const to = Math.min(from + width, span.from + slots * step);
    const covered = share(from, to, ranges);
    found.push({ from, to, covered, traded: covered, slots: Math.round((to - from) / step) });
  }
  return found;
}

function share(from, to, ranges) {
  const overlap = ({ from: start, to: end }) => Math.max(0, Math.min(to, end) - Math.max(from, start));
  return ranges.reduce((sum, range) => sum + overlap(range), 0) / (to - from);
}
