import { ask } from "./api.js";
import { byId, element } from "./element.js";
import { attempt, say } from "./notices.js";
import { selection } from "./selection.js";

const SYNC = `mutation Sync($input: SyncPairInput!) {
  syncPair(input: $input) { isNew job { id kind } }
}`;
const KINDS = {
  Forward: "From the newest covered instant to now",
  Repair: "Every gap between the oldest and the newest covered instant",
  Backward: "From the oldest covered instant back to the first candle that the exchange serves",
  Initial: "From now back to the first candle that the exchange serves",
};

/** Buttons for each kind of sync; `started` is called once a job was asked for. */
export function showSync(started) {
  const buttons = Object.entries(KINDS).map(([name, meaning]) => {
    const start = () => sync({ kind: name.toUpperCase() }, started);
    return element("button", { type: "button", title: meaning, onclick: start }, name);
  });
  const range = element("button", { type: "button", "aria-expanded": "false", "aria-controls": "range" }, "Range …");
  range.title = "Exactly the range that you name";
  range.addEventListener("click", () => toggleRange(range));
  byId("sync").replaceChildren(...buttons, range);
  byId("range").addEventListener("submit", (event) => {
    event.preventDefault();
    sync(rangeInput(), started);
  });
}

function toggleRange(button) {
  const form = byId("range");
  form.hidden = !form.hidden;
  button.setAttribute("aria-expanded", String(!form.hidden));
  if (!form.hidden) byId("range-from").focus();
}

function rangeInput() {
  const [from, to] = ["range-from", "range-to"].map((id) => `${byId(id).value}Z`);
  return { kind: "RANGE", from, to, force: byId("range-force").checked };
}

async function sync(input, started) {
  if (!selection.pair) return say("Add a pair first.");
  const answer = await attempt(() => ask(SYNC, { input: { ...input, pairId: selection.pair.id } }));
  if (answer && !answer.syncPair.isNew) {
    say(`The pair has an open ${answer.syncPair.job.kind} job already; a new one can start when it has ended.`, "info");
  }
  return started();
}
