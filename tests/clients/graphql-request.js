import { GraphQLClient } from "graphql-request";
import { authorization, play, tell, url } from "./play.js";

const codeOf = (error) => error.response.errors[0].extensions.code;

/** It sends mutations by the method it is told for everything, so by GET it only queries. */
const client = (method) => new GraphQLClient(url, { method, jsonSerializer: JSON, headers: { authorization } });
const post = client("POST");
const get = client("GET");
const isQuery = (document) => document.definitions[0].operation === "query";

tell({
  POST: await play({ ask: (document, variables) => post.request(document, variables), codeOf }),
  GET: await play({ ask: (document, variables) => (isQuery(document) ? get : post).request(document, variables), codeOf }),
});
