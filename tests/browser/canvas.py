"""What is drawn on the chart's canvases."""

from typing import Final

from tests.browser.visit import Visit

_PIXELS: Final = """name => {
  const hex = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const wanted = [1, 3, 5].map(at => parseInt(hex.slice(at, at + 2), 16));
  let found = 0;
  for (const canvas of document.querySelectorAll("#chart canvas")) {
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    for (let at = 0; at < data.length; at += 4)
      if (data[at + 3] > 0 && wanted.every((value, n) => Math.abs(data[at + n] - value) < 12)) found += 1;
  }
  return found;
}"""


async def pixels(visit: Visit, colour: str) -> int:
    """How many pixels have a colour of the style sheet, for example `up`."""
    found: int = await visit.page.evaluate(_PIXELS, colour)
    return found


async def drawn(visit: Visit, colour: str, *, other_than: int = 0) -> int:
    """The same, once there are some, or others than before."""

    async def changed() -> int:
        found = await pixels(visit, colour)
        return 0 if found == other_than else found

    return await visit.until(changed)
