// A list that stays current: read it, then follow from the position that the read stated.
// Run it against `make run`, started with DEMO=yes: MANDATE_URL=http://127.0.0.1:8080 node src/watch.ts PERSONA

import type { paths as Governance } from "./generated/governance.ts";
import { Service } from "./mandate.ts";
import { follow } from "./stream.ts";

const url = process.env["MANDATE_URL"] ?? "http://127.0.0.1:8080";
const persona = process.argv[2] ?? "pmo-1";
const leaving = new AbortController();
process.once("SIGTERM", () => leaving.abort());

/** A real frontend asks the organisation's provider. */
async function signIn(): Promise<string> {
  const response = await fetch(`${url}/identity/token`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ persona }),
  });
  return ((await response.json()) as { access_token: string }).access_token;
}
let token = await signIn();

/** Reads the list, and gives the position that it reaches. */
async function read(): Promise<string> {
  const governance = new Service<Governance>(`${url}/governance`, token);
  const { body, headers } = await governance.get("/v1/proposals", { query: { limit: 500 } });
  const position = headers.get("Mandate-Position") ?? "";
  console.log(`${body.items.length} proposals at ${position}`);
  return position;
}

const told = await follow(`${url}/governance/v1/events`, {
  after: await read(),
  restored: read,
  token: async (refused) => (token = refused ? await signIn() : token),
  signal: leaving.signal,
  patience: { most: Number(process.env["LONGEST_WAIT"] ?? 30_000) },
});
for await (const { id, type } of told) console.log(`${id} ${type}`);
