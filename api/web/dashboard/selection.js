/** Which pair is looked at, and at which interval; kept in the address, so that a reload or a link shows the same. */
class Selection extends EventTarget {
  pair = null;
  interval = null;

  choose(pair, interval = pair.interval) {
    const isSame = this.pair?.id === pair.id && this.interval === interval;
    this.pair = pair;
    this.interval = interval;
    if (isSame) return;
    const { exchange, symbol } = pair;
    const words = { exchange: exchange.name, symbol, pair: pair.interval, interval };
    history.replaceState(null, "", `#${new URLSearchParams(words)}`);
    this.dispatchEvent(new Event("change"));
  }

  /** The pair that the address names, or else the first; undefined where there is none. */
  wanted(pairs) {
    const words = new URLSearchParams(location.hash.slice(1));
    const named = pairs.find(
      ({ exchange, symbol, interval }) =>
        exchange.name === words.get("exchange") && symbol === words.get("symbol") && interval === words.get("pair"),
    );
    return named ? [named, words.get("interval") ?? named.interval] : pairs.slice(0, 1);
  }
}

export const selection = new Selection();
