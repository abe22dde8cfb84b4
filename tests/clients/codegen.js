// Types of what we ask, made by graphql-codegen of the schema as it is served, and compiled together with their use.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { codegen } from "@graphql-codegen/core";
import * as operations from "@graphql-codegen/typescript-operations";
import { buildClientSchema, getIntrospectionQuery, parse, printSchema } from "graphql";

const [url] = process.argv.slice(2);
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const SCALARS = { BigInt: "number", DateTime: "string", Decimal: "string", Interval: "string", UnixTime: "number" };

async function served() {
  const body = JSON.stringify({ query: getIntrospectionQuery() });
  const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  return buildClientSchema((await answer.json()).data);
}

/** `Wrong` is meant to be. */
function asked() {
  const document = parse(readFileSync(here("operations.graphql"), "utf8"));
  return { ...document, definitions: document.definitions.filter(({ name }) => name.value !== "Wrong") };
}

const config = { scalars: SCALARS, strictScalars: true, enumsAsTypes: true };
const types = await codegen({
  filename: "operations.ts",
  schema: parse(printSchema(await served())),
  documents: [{ location: "operations.graphql", document: asked() }],
  config,
  plugins: [{ operations: {} }],
  pluginMap: { operations },
});

const folder = mkdtempSync(join(tmpdir(), "candelabra-types-"));
try {
  writeFileSync(join(folder, "operations.ts"), types);
  cpSync(here("typed.ts"), join(folder, "typed.ts"));
  const tsc = [here("node_modules/typescript/bin/tsc"), "--noEmit", "--strict", "--module", "nodenext", "typed.ts"];
  const { stdout: wrong } = spawnSync(process.execPath, tsc, { cwd: folder, encoding: "utf8" });
  console.log(JSON.stringify({ wrong }));
} finally {
  rmSync(folder, { recursive: true });
}
