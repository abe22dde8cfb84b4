import { createClient } from "/assets/graphql-ws/client.js";
import { refused } from "./api.js";
import { byId } from "./element.js";
import { authorization } from "./key.js";
import { say } from "./notices.js";

const LONGEST_WAIT_MS = 10_000; // before the next attempt to connect

const client = createClient({
  url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/graphql`,
  connectionParams: authorization,
  lazyCloseTimeout: 5000,
  retryAttempts: Infinity,
  shouldRetry: () => true,
  retryWait: (retries) => new Promise((resolve) => setTimeout(resolve, Math.min(500 * 2 ** retries, LONGEST_WAIT_MS))),
  on: { connected: () => tell("live"), closed: () => tell("offline") },
});

/** Calls `receive` with each event's data until it ends or the returned function is called. */
export function follow(query, variables, receive, ended = () => {}) {
  return client.subscribe(
    { query, variables },
    {
      next: ({ data, errors }) => (errors?.length ? say(refused(errors[0]).message) : receive(data)),
      error: (reason) => Array.isArray(reason) && say(refused(reason[0]).message),
      complete: ended,
    },
  );
}

function tell(state) {
  byId("live").textContent = state === "live" ? "live" : "connecting …";
  byId("live").dataset.state = state;
}
