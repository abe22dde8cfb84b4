// What every client does, whichever it is: a query, a mutation, a subscription, and what goes wrong with each.
import { readFileSync } from "node:fs";
import { Kind, parse } from "graphql";
import { createClient } from "graphql-ws";
import WebSocket from "ws";

/**
 * As browsers have it, and Node from 22 on: between two messages there is time for what awaits the first. Without it
 * graphql-ws counts an operation twice whose end comes together with its result, and closes the socket too early.
 */
globalThis.WebSocket ??= class extends WebSocket {
  constructor(address, protocols) {
    super(address, protocols, { allowSynchronousEvents: false });
  }
};

export const [url, key, pair] = process.argv.slice(2);
export const authorization = `Bearer ${key}`;
export const socket = createClient({ url: url.replace("http", "ws"), connectionParams: { authorization } });

const source = readFileSync(new URL("operations.graphql", import.meta.url), "utf8");
const document = (definition) => ({ kind: Kind.DOCUMENT, definitions: [definition] });
export const documents = Object.fromEntries(parse(source).definitions.map((each) => [each.name.value, document(each)]));

const MISSING = "00000000-0000-4000-8000-000000000000";

/**
 * `ask(document, variables)` is the data of a query or a mutation, `follow(document, variables, next)` waits for a
 * subscription's end; both raise errors that `codeOf` finds the code in. Without `follow` nothing is followed. Who is
 * refused at once does no more.
 */
export async function play({ ask, follow, codeOf }, { Candles, Wrong, Sync, Cancel, Follow } = documents) {
  const code = (promise) => promise.then((data) => `no error, but ${JSON.stringify(data)}`, codeOf);
  let candles;
  try {
    ({ candles } = await ask(Candles, { symbol: "BTC/USDT", last: 2 }));
  } catch (error) {
    return { refused: codeOf(error) };
  }
  const { job } = (await ask(Sync, { pair })).syncPair;
  const cancel = () => ask(Cancel, { job: job.id });
  return {
    query: candles.nodes.map(({ timestamp, close }) => [timestamp, close]),
    mutation: job.status,
    subscription: follow ? await followed(follow, Follow, job.id, cancel) : [(await cancel()).cancelSyncJob.job.status],
    errors: {
      ...(Wrong && { document: await code(ask(Wrong, {})) }),
      variables: await code(ask(Candles, { symbol: 1 })),
      query: await code(ask(Candles, { symbol: "NOTHING/USDT" })),
      mutation: await code(ask(Sync, { pair: MISSING })),
      ...(follow && { subscription: await code(follow(Follow, { job: MISSING }, () => {})) }),
    },
  };
}

/** States of a job, which is cancelled as soon as the first is told. */
async function followed(follow, document, job, cancel) {
  const states = [];
  await follow(document, { job }, ({ syncJob }) => {
    if (states.push(syncJob.status) === 1) void cancel();
  });
  return states;
}

/** The observable's next as `next`; settles with its end. */
export const drained = (observable, next) =>
  new Promise((complete, error) => observable.subscribe({ next, error, complete }));

/** Prints what was found, by transport. */
export function tell(found) {
  console.log(JSON.stringify(found));
  process.exit();
}
