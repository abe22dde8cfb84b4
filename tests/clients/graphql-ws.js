import { createClient } from "graphql-ws";
import { print } from "graphql";
import WebSocket from "ws";
import { authorization, documents, play, socketUrl, tell } from "./play.js";

const client = createClient({ url: socketUrl, webSocketImpl: WebSocket, connectionParams: { authorization } });

/** An execution's errors are in its result, what never began is the subscription's own error. */
function run(document, variables, next) {
  return new Promise((resolve, reject) => {
    client.subscribe({ query: print(document), variables }, {
      next: (result) => (result.errors ? reject(result.errors) : next(result.data)),
      error: reject,
      complete: resolve,
    });
  });
}

async function ask(document, variables) {
  let found;
  await run(document, variables, (data) => (found = data));
  return found;
}

const codeOf = ([error]) => error.extensions.code;

tell({ WebSocket: await play({ ask, follow: run, codeOf }, documents) });
