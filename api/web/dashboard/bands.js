const HATCH_PX = 7; // between two lines

/** Hatched bands over slots; a primitive of the chart's candlestick series. */
export class Bands {
  #each = [];
  #colour = "";
  #chart = null;
  #requestUpdate = () => {};

  attached({ chart, requestUpdate }) {
    this.#chart = chart;
    this.#requestUpdate = requestUpdate;
  }

  /** Each band by the times that it goes over, which the chart has. */
  show(each, colour) {
    this.#each = each;
    this.#colour = colour;
    this.#requestUpdate();
  }

  paneViews() {
    return [{ zOrder: () => "bottom", renderer: () => ({ draw: (target) => this.#draw(target) }) }];
  }

  #draw(target) {
    target.useBitmapCoordinateSpace(({ context, bitmapSize, horizontalPixelRatio }) => {
      for (const [left, right] of this.#bands()) {
        const from = Math.max(0, left * horizontalPixelRatio);
        const to = Math.min(bitmapSize.width, right * horizontalPixelRatio);
        if (to > from) hatch(context, from, to, bitmapSize.height, this.#colour, HATCH_PX * horizontalPixelRatio);
      }
    });
  }

  #bands() {
    const scale = this.#chart.timeScale();
    const half = scale.options().barSpacing / 2;
    return this.#each
      .map((times) => [scale.timeToCoordinate(times[0]), scale.timeToCoordinate(times.at(-1))])
      .filter(([left, right]) => left !== null && right !== null)
      .map(([left, right]) => [left - half, right + half]);
  }
}

function hatch(context, from, to, height, colour, distance) {
  context.save();
  context.beginPath();
  context.rect(from, 0, to - from, height);
  context.clip();
  context.globalAlpha = 0.12;
  context.fillStyle = colour;
  context.fill();
  context.globalAlpha = 0.45;
  context.strokeStyle = colour;
  context.beginPath();
  for (let x = from - height; x < to; x += distance) {
    context.moveTo(x, height);
    context.lineTo(x + height, 0);
  }
  context.stroke();
  context.restore();
}
