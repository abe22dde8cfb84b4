import { ApiError } from "./api.js";
import { byId, element } from "./element.js";

const LONGEST_STAY_MS = 8000; // of what is no error
const shown = new Map();

/** Says a sentence at the top of the page, once however often it is said. */
export function say(text, kind = "error") {
  if (shown.has(text)) return;
  const close = element("button", { type: "button", "aria-label": "Dismiss", onclick: () => forget(text) }, "×");
  const notice = element("p", { class: `notice ${kind}` }, element("span", {}, text), close);
  shown.set(text, notice);
  byId("notices").append(notice);
  if (kind !== "error") setTimeout(() => forget(text), LONGEST_STAY_MS);
}

function forget(text) {
  shown.get(text)?.remove();
  shown.delete(text);
}

/** Does something that may be refused, and says so if it is; undefined then. */
export async function attempt(action) {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    say(error.message);
    return undefined;
  }
}
