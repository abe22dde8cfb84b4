import { askForKey, authorization } from "./key.js";

/** What the API refused, in its words; `code` is that of the contract, or UNREACHABLE. */
export class ApiError extends Error {
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

/** The data of an answer without errors; raises ApiError with the first error otherwise. */
export async function ask(query, variables = {}) {
  const { data, errors } = await post(JSON.stringify({ query, variables }));
  if (errors?.length) throw refused(errors[0]);
  return data;
}

/** An error of GraphQL as one of ours. */
export function refused({ message, extensions }) {
  const code = extensions?.code ?? "INTERNAL";
  if (code === "UNAUTHENTICATED" || code === "FORBIDDEN") askForKey();
  return new ApiError(message, code);
}

async function post(body) {
  try {
    const headers = { "content-type": "application/json", ...authorization() };
    return await (await fetch("/graphql", { method: "POST", headers, body })).json();
  } catch {
    throw new ApiError("The API does not answer. The page goes on trying.", "UNREACHABLE");
  }
}
