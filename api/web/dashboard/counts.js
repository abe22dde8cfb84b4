import { ask } from "./api.js";

const CELLS_A_QUERY = 36; // the API allows 40 aliases

/** The same cells, with the share of their slots that hold a candle, as the API counts them. */
export async function withCounts(cells, variables) {
  const parts = [];
  for (let start = 0; start < cells.length; start += CELLS_A_QUERY) parts.push(cells.slice(start, start + CELLS_A_QUERY));
  return (await Promise.all(parts.map((part) => countPart(part, variables)))).flat();
}

async function countPart(cells, variables) {
  const { pair } = await ask(query(cells), variables);
  return cells.map((cell, n) => ({ ...cell, traded: Math.min(cell.covered, pair[`c${n}`].totalCount / cell.slots) }));
}

function query(cells) {
  const iso = (at) => JSON.stringify(new Date(at * 1000).toISOString());
  const fields = cells.map(
    ({ from, to }, n) => `c${n}: candles(from: ${iso(from)}, to: ${iso(to)}, first: 0) { totalCount }`,
  );
  return `query Counts($exchange: String!, $symbol: String!, $interval: Interval!) {
    pair(exchange: $exchange, symbol: $symbol, interval: $interval) { ${fields.join(" ")} }
  }`;
}
