import { Client, fetchExchange, subscriptionExchange } from "@urql/core";
import { authorization, play, socket, tell, url } from "./play.js";

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
      // The last result comes once more when there will be no other.
      await new Promise((resolve) => {
        results.subscribe(({ data, error, hasNext }) => {
          failure ??= error;
          if (data && hasNext) next(data);
          if (error || !hasNext) resolve();
        });
      });
      if (failure) throw failure;
    },
    codeOf: ({ graphQLErrors, networkError }) => graphQLErrors[0]?.extensions.code ?? networkError.code ?? String(networkError),
  };
}

tell({
  POST: await play(player({ preferGetMethod: false })),
  GET: await play(player({ preferGetMethod: "force" })),
  WebSocket: await play(player({ enableAllOperations: true })),
});
