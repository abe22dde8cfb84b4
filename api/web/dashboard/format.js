const numbers = new Intl.NumberFormat("en");
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 2 });

export const count = (value) => numbers.format(value);

export const counted = (value, one, many) => `${count(value)} ${value === 1 ? one : many}`;

export const volume = (value) => compact.format(value);

/** 99.96 is not 100: rounded down, so that only what is complete is called so. */
export const percent = (value) => `${Math.floor(value * 10) / 10} %`;

/** An instant in UTC to the minute, from milliseconds or text. */
export const instant = (at) => new Date(at).toISOString().slice(0, 16).replace("T", " ");

export const day = (at) => new Date(at).toISOString().slice(0, 10);

export function duration(seconds) {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172800) return `${(seconds / 3600).toFixed(1)} h`;
  return `${Math.round(seconds / 86400)} days`;
}

/** Digits behind the point that prices need to be told apart, 2 to 10. */
export function digits(prices) {
  const needed = prices.map((price) => price.toFixed(10).replace(/0+$/, "").split(".")[1].length);
  return Math.max(2, ...needed);
}

/** Exact text of a price without zeros that say nothing, in groups of thousands. */
export function price(text) {
  const [whole, part = ""] = text.split(".");
  const kept = part.replace(/0+$/, "").padEnd(2, "0");
  return `${whole.replace(/\B(?=(\d{3})+$)/g, ",")}.${kept}`;
}

/** A size in bytes. */
export const megabytes = (bytes) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 0)} MB`;
