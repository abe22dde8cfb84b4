import {
  CandlestickSeries,
  createChart,
  HistogramSeries,
} from "/assets/lightweight-charts/lightweight-charts.standalone.production.mjs";
import { Bands } from "./bands.js";
import { digits } from "./format.js";
import { holes, slots } from "./gaps.js";
import { colours, onThemeChange } from "./theme.js";

const NEAR_BARS = 60; // from the left edge at which older candles are asked for
const BAR_PX = 6; // from one candle to the next, before one zooms
const RIGHT_BARS = 4; // of room after the newest
const PRICED_ROWS = 300; // looked at to find how many digits prices need

/** Candles above, volume below, gaps and what is marked hatched. `needOlder` is called when the left edge comes near. */
export class CandleChart {
  #chart;
  #candles;
  #volume;
  #gapBands = new Bands();
  #markBands = new Bands();
  #mark = null;
  #toScroll = 0;
  #drawn = { rows: [], gaps: [], interval: "1m" };

  constructor(container, { needOlder, point }) {
    this.#chart = createChart(container, layout());
    this.#candles = this.#chart.addSeries(CandlestickSeries, {});
    this.#volume = this.#chart.addSeries(HistogramSeries, {
      priceScaleId: "", priceFormat: { type: "volume" }, lastValueVisible: false, priceLineVisible: false,
    });
    this.#volume.priceScale().applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
    this.#candles.priceScale().applyOptions({ scaleMargins: { top: 0.08, bottom: 0.22 } });
    this.#candles.attachPrimitive(this.#gapBands);
    this.#candles.attachPrimitive(this.#markBands);
    this.#chart.timeScale().subscribeVisibleLogicalRangeChange((seen) => seen && seen.from < NEAR_BARS && needOlder());
    this.#chart.subscribeCrosshairMove(({ time }) => point(time && this.#drawn.rows.find((row) => row.time === time)));
    onThemeChange(() => this.#paint());
    this.#paint();
  }

  /** Draws what is there now; the view stays where it is unless `isNew`. */
  draw(drawn, { isNew = false } = {}) {
    this.#drawn = drawn;
    if (isNew) this.#mark = null;
    const precision = digits(drawn.rows.slice(-PRICED_ROWS).flatMap(({ open, close }) => [open, close]));
    this.#candles.applyOptions({ priceFormat: { type: "price", precision, minMove: 10 ** -precision } });
    this.#put();
    if (isNew) this.#chart.timeScale().applyOptions({ timeVisible: !/[dwM]$/.test(drawn.interval) });
    if (isNew) this.showNewest();
  }

  showNewest() {
    // Without an animation, which would undo what is pressed meanwhile.
    this.#chart.timeScale().applyOptions({ barSpacing: BAR_PX });
    this.#chart.timeScale().scrollToPosition(RIGHT_BARS, false);
  }

  /** Moves the view by so many bars, to older candles when negative. */
  scroll(bars) {
    this.#toScroll += bars;
    if (this.#toScroll !== bars) return; // a frame moves the chart once, however many keys are pressed in it
    requestAnimationFrame(() => {
      const scale = this.#chart.timeScale();
      scale.scrollToPosition(scale.scrollPosition() + this.#toScroll, false);
      this.#toScroll = 0;
    });
  }

  /** Shows fewer bars when below 1. */
  zoom(factor) {
    const scale = this.#chart.timeScale();
    const { from, to } = scale.getVisibleLogicalRange() ?? { from: 0, to: 0 };
    scale.setVisibleLogicalRange({ from: to - (to - from) * factor, to });
  }

  /** Brings an instant, in seconds, into the middle as far as it is loaded. */
  showTime(at) {
    const scale = this.#chart.timeScale();
    const { from, to } = scale.getVisibleLogicalRange() ?? { from: 0, to: 0 };
    const index = scale.timeToIndex(at, true);
    if (index === null) return;
    scale.setVisibleLogicalRange({ from: index - (to - from) / 2, to: index + (to - from) / 2 });
  }

  /** Marks the candles of a range, in seconds, until others are marked or shown. */
  mark(range) {
    this.#mark = range;
    this.#put();
  }

  #put() {
    const { rows, gaps, interval } = this.#drawn;
    const found = holes(rows, gaps, interval);
    const empty = found.flat().map((time) => ({ time }));
    const { up, down, gap, accent } = colours();
    const bars = rows.map(({ time, open, close, volume }) => ({
      time, value: volume, color: (close >= open ? up : down) + "66",
    }));
    this.#candles.setData(inOrder(rows, empty));
    this.#volume.setData(inOrder(bars, empty));
    this.#gapBands.show(found, gap);
    const marked = this.#mark ? slots(rows, this.#mark, interval) : [];
    this.#markBands.show(marked.length ? [marked] : [], accent);
  }

  #paint() {
    const { text, line, up, down } = colours();
    this.#chart.applyOptions({
      layout: { background: { color: "transparent" }, textColor: text },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
      rightPriceScale: { borderColor: line },
      timeScale: { borderColor: line },
    });
    this.#candles.applyOptions({
      upColor: up, downColor: down, wickUpColor: up, wickDownColor: down, borderVisible: false,
    });
    this.#put();
  }
}

function layout() {
  return {
    autoSize: true,
    layout: { attributionLogo: false, fontFamily: "inherit" }, // the page's foot has the link
    localization: { locale: "en" },
    timeScale: { barSpacing: BAR_PX, rightOffset: RIGHT_BARS, minBarSpacing: 0.5 },
    handleScroll: { vertTouchDrag: false }, // a finger on the chart still scrolls the page
  };
}

function inOrder(points, others) {
  return others.length ? [...points, ...others].sort((a, b) => a.time - b.time) : points;
}
