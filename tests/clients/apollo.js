import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { OperationTypeNode } from "graphql";
import { authorization, drained, play, socket, tell, url } from "./play.js";

const http = (options) => new HttpLink({ uri: url, headers: { authorization }, ...options });
const overSocket = new GraphQLWsLink(socket);
const beside = (link) =>
  ApolloLink.split(({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION, overSocket, link);

function player(link) {
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  return {
    async ask(document, variables) {
      const isQuery = document.definitions[0].operation === "query";
      const answer = isQuery
        ? await client.query({ query: document, variables })
        : await client.mutate({ mutation: document, variables });
      return answer.data;
    },
    async follow(document, variables, next) {
      let failure;
      await drained(client.subscribe({ query: document, variables }), ({ data, error }) => {
        failure ??= error;
        if (data) next(data);
      });
      if (failure) throw failure;
    },
    codeOf: (error) => (CombinedGraphQLErrors.is(error) ? error.errors[0].extensions.code : error.message),
  };
}

tell({
  POST: await play(player(beside(http()))),
  GET: await play(player(beside(http({ useGETForQueries: true })))),
  WebSocket: await play(player(overSocket)),
});
