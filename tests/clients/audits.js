// All audits of graphql-http: their id, name and outcome.
import { serverAudits } from "graphql-http";

const [url, key] = process.argv.slice(2);
const asked = (address, init) => fetch(address, { ...init, headers: { ...init?.headers, authorization: `Bearer ${key}` } });

const found = [];
for (const audit of serverAudits({ url, fetchFn: asked })) {
  const { status, id, name, reason } = await audit.fn();
  found.push({ status, id, name, reason });
}
console.log(JSON.stringify(found));
