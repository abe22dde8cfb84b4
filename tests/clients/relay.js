import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import compiler from "relay-compiler";
import runtime from "relay-runtime";
import { authorization, pair, play, socket, tell, url } from "./play.js";

const { Environment, Network, Observable, RecordSource, Store, commitMutation, fetchQuery, requestSubscription } = runtime;

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The operations of relay/, compiled for the published schema, by name. */
function compiled() {
  const folder = mkdtempSync(join(tmpdir(), "candelabra-relay-"));
  try {
    cpSync(here("relay"), folder, { recursive: true });
    cpSync(here("../../api/schema.graphql"), join(folder, "schema.graphql"));
    mkdirSync(join(folder, "compiled"));
    const { status, stdout, stderr } = spawnSync(compiler, ["--noWatchman"], { cwd: folder, encoding: "utf8" });
    if (status !== 0) throw new Error(stdout + stderr);
    const require = createRequire(join(folder, "compiled/"));
    const named = (name) => require(`./Player${name}.graphql.js`);
    return Object.fromEntries(NAMES.map((name) => [name, named(name)]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const NAMES = [
  "CandlesQuery",
  "SyncMutation",
  "CancelMutation",
  "FollowSubscription",
  "PairsQuery",
  "MorePairsQuery",
  "PairAgainQuery",
];

async function post({ text: query }, variables) {
  const headers = { authorization, "content-type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
  return answer.json();
}

const overSocket = ({ text: query }, variables) =>
  Observable.create((sink) => socket.subscribe({ query, variables }, sink));

function player(send) {
  const environment = new Environment({
    network: Network.create(send, overSocket),
    store: new Store(new RecordSource()),
  });
  const changed = (mutation, variables) =>
    new Promise((resolve, onError) => {
      const onCompleted = (data, errors) => (errors ? onError(errors) : resolve(data));
      commitMutation(environment, { mutation, variables, onCompleted, onError });
    });
  return {
    ask: (operation, variables) =>
      operation.params.operationKind === "mutation"
        ? changed(operation, variables)
        : fetchQuery(environment, operation, variables).toPromise(),
    follow: (subscription, variables, onNext) =>
      new Promise((onCompleted, onError) => {
        requestSubscription(environment, { subscription, variables, onNext, onCompleted, onError });
      }),
    codeOf: (error) => (error.source?.errors ?? error)[0]?.extensions.code ?? error.code,
    stored: (id) => environment.getStore().getSource().get(id),
  };
}

const { CandlesQuery, SyncMutation, CancelMutation, FollowSubscription, ...paged } = compiled();
const operations = { Candles: CandlesQuery, Sync: SyncMutation, Cancel: CancelMutation, Follow: FollowSubscription };

/** Symbols of the pages that Relay asks for one after the other, and the state of a node that it asks for again. */
async function page() {
  const { ask, stored } = player(post);
  await ask(paged.PairsQuery, {});
  const { pairs } = await post(paged.PairsQuery.params, {}).then(({ data }) => data);
  const more = await post(paged.MorePairsQuery.params, { count: 5, cursor: pairs.pageInfo.endCursor });
  await ask(paged.PairAgainQuery, { id: pair });
  const symbols = ({ edges }) => edges.map(({ node }) => node.symbol);
  return { pages: [symbols(pairs), symbols(more.data.pairs)], again: stored(pair).status };
}

const played = { POST: await play(player(post), operations), WebSocket: await play(player(overSocket), operations) };
tell({ ...played, ...(played.POST.refused ? {} : await page()) });
