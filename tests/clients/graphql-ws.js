import { print } from "graphql";
import { play, socket, tell } from "./play.js";

/** An execution's errors are in its result, what never began is the subscription's own error. */
function follow(document, variables, next) {
  return new Promise((resolve, reject) => {
    socket.subscribe({ query: print(document), variables }, {
      next: (result) => (result.errors ? reject(result.errors) : next(result.data)),
      error: reject,
      complete: resolve,
    });
  });
}

async function ask(document, variables) {
  let found;
  await follow(document, variables, (data) => (found = data));
  return found;
}

/** A socket that was closed tells why in its own way. */
const codeOf = (error) => (Array.isArray(error) ? error[0].extensions.code : error.code);

tell({ WebSocket: await play({ ask, follow, codeOf }) });
