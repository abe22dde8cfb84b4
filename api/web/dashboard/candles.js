import { ask } from "./api.js";

const FIRST_CANDLES = 500;
const PAGE_CANDLES = 1000;

const MOST_CANDLES = 10_000; // that the API gives at once

const SERIES = `query Series(
  $exchange: String!, $symbol: String!, $interval: Interval!, $from: DateTime, $to: DateTime, $limit: Int
) {
  series(exchange: $exchange, symbol: $symbol, interval: $interval, from: $from, to: $to, limit: $limit) {
    time open high low close volume
  }
}`;

/** The candles of one pair at one interval that were loaded so far, oldest first, each time once. */
export class Candles {
  rows = [];
  #of;
  #isLoading = false;
  #isWhole = false;

  constructor(pair, interval) {
    this.#of = { exchange: pair.exchange.name, symbol: pair.symbol, interval };
  }

  /** The newest candles. */
  async open() {
    this.#put(await this.#page({ limit: FIRST_CANDLES }));
  }

  /** Asks again for what is loaded, and takes it that there may be more before it now. */
  async renew() {
    this.#isWhole = false;
    if (!this.rows.length) return this.open();
    let page;
    let from = this.rows[0].time;
    do {
      page = await this.#page({ from: iso(from), limit: MOST_CANDLES });
      this.#put(page);
      from = this.rows.at(-1).time;
    } while (page.length === MOST_CANDLES);
    return undefined;
  }

  /** Loads the candles before the oldest; whether there were any. */
  async extend() {
    if (this.#isLoading || this.#isWhole || !this.rows.length) return false;
    this.#isLoading = true;
    try {
      const older = await this.#page({ to: iso(this.rows[0].time), limit: PAGE_CANDLES });
      this.#isWhole = older.length === 0;
      this.#put(older);
      return !this.#isWhole;
    } finally {
      this.#isLoading = false;
    }
  }

  /** Puts in candles that arrived live; those that were there are replaced. Those before the oldest are left to `extend`. */
  merge(candles) {
    const oldest = this.rows[0]?.time ?? 0;
    this.#put(candles.map(row).filter((one) => one.time >= oldest));
  }

  /** The instant from which on nothing is known; undefined before anything is. */
  get since() {
    return this.rows.length ? iso(this.rows.at(-1).time) : undefined;
  }

  async #page(part) {
    const { series } = await ask(SERIES, { ...this.#of, ...part });
    const { time, open, high, low, close, volume } = series;
    return time.map((at, n) => ({
      time: at, open: open[n], high: high[n], low: low[n], close: close[n], volume: volume[n],
    }));
  }

  #put(rows) {
    const isAppended = !this.rows.length || !rows.length || rows[0].time > this.rows.at(-1).time;
    if (isAppended) {
      this.rows = [...this.rows, ...rows];
      return;
    }
    const known = new Map([...this.rows, ...rows].map((one) => [one.time, one]));
    this.rows = [...known.values()].sort((a, b) => a.time - b.time);
  }
}

function iso(at) {
  return new Date(at * 1000).toISOString();
}

function row({ timestamp, open, high, low, close, volume }) {
  const [o, h, l, c, v] = [open, high, low, close, volume].map(Number);
  return { time: Date.parse(timestamp) / 1000, open: o, high: h, low: l, close: c, volume: v };
}
