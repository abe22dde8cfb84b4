const dark = matchMedia("(prefers-color-scheme: dark)");

/** Colours of the style sheet that the chart's canvas needs as text. */
export function colours() {
  const style = getComputedStyle(document.documentElement);
  const named = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    text: named("muted"), line: named("line"), up: named("up"), down: named("down"), gap: named("gap"),
    accent: named("accent"),
  };
}

export function onThemeChange(act) {
  dark.addEventListener("change", act);
}
