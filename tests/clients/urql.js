import { Client, fetchExchange, subscriptionExchange } from "@urql/core";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { authorization, drained, play, socketUrl, tell, url } from "./play.js";

const socket = createClient({ url: socketUrl, webSocketImpl: WebSocket, connectionParams: { authorization } });

function player({ enableAllOperations, preferGetMethod }) {
  const forwardSubscription = (request) => ({
    subscribe: (sink) => ({ unsubscribe: socket.subscribe({ ...request, query: request.query ?? "" }, sink) }),
  });
  const client = new Client({
    url,
    preferGetMethod,
    fetchOptions: { headers: { authorization } },
    exchanges: [subscriptionExchange({ forwardSubscription, enableAllOperations }), fetchExchange],
  });
  const dataOf = ({ data, error }) => {
    if (error) throw error;
    return data;
  };
  return {
    async ask(document, variables) {
      const isQuery = document.definitions[0].operation === "query";
      return dataOf(await (isQuery ? client.query : client.mutation)(document, variables).toPromise());
    },
    async follow(document, variables, next) {
      let failure;
      const results = client.subscription(document, variables);
      await new Promise((resolve) => {
        results.subscribe((result) => {
          failure ??= result.error;
          if (result.data) next(result.data);
          if (failure || result.data?.syncJob.status === "CANCELLED") resolve();
        });
      });
      if (failure) throw failure;
    },
    codeOf: (error) => error.graphQLErrors?.[0]?.extensions.code ?? String(error),
  };
}

tell({
  POST: await play(player({ preferGetMethod: false })),
  GET: await play(player({ preferGetMethod: "force" })),
  WebSocket: await play(player({ enableAllOperations: true })),
});
