// A gate, from the proposal of a project to the decision: what a frontend does, step by step.
// Run it against `make run`, started with DEMO=yes: MANDATE_URL=http://127.0.0.1:8080 node src/gate.ts REFERENCE

import type { paths as Governance } from "./generated/governance.ts";
import type { paths as Projects } from "./generated/projects.ts";
import type { paths as Reporting } from "./generated/reporting.ts";
import { Problem, Service } from "./mandate.ts";
import { follow, type Told } from "./stream.ts";

const url = process.env["MANDATE_URL"] ?? "http://127.0.0.1:8080";
const reference = process.argv[2] ?? `F-${Date.now()}`;

/** Somebody who is signed in, at each service. A real frontend gets the token from the organisation's provider. */
async function signIn(persona: string) {
  const response = await fetch(`${url}/identity/token`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ persona }),
  });
  const { access_token: token } = (await response.json()) as { access_token: string };
  const governance = new Service<Governance>(`${url}/governance`, token);
  const me = await governance.get("/v1/me", {});
  console.log(`${persona} is signed in: ${me.body.mandates.map(({ role }) => role).join(", ") || "no mandate yet"}`);
  return {
    person: me.body.person,
    token,
    governance,
    projects: new Service<Projects>(`${url}/projects`, token),
    reporting: new Service<Reporting>(`${url}/reporting`, token),
  };
}

/** What a refusal says, or the fault if it is none of ours. */
function told(error: unknown): string {
  if (!(error instanceof Problem)) throw error;
  const { status, title, detail, type } = error.document;
  return `${status} ${title}: ${detail} (${type})`;
}

const pmo = await signIn("pmo-1");
const colleague = await signIn("pmo-2");
const manager = await signIn("pm-1");

// --- propose: one key per intent, so that a lost answer can be asked for again ---
const proposal = {
  portfolio: "capital-delivery",
  reference,
  title: "Rain water basin",
  forecast_cost: { amount: "1250000.00", currency: "AUD" },
};
const key = { "Idempotency-Key": `propose-${reference}` };
const proposed = await colleague.governance.post("/v1/proposals", proposal, { headers: key });
const again = await colleague.governance.post("/v1/proposals", proposal, { headers: key });
const id = proposed.body.id;
console.log(`proposed as ${proposed.headers.get("Location")}`);
console.log(`sent again: replayed ${again.headers.get("Idempotency-Replayed")}, same receipt ${again.body.id === id}`);

// --- everything that is recorded on this project from now on, of all services ---
const leaving = new AbortController();
const stream = await follow(`${url}/reporting/v1/events?project=${id}`, {
  token: () => pmo.token,
  signal: leaving.signal,
});

const story: Told[] = [];

/** The event of that name, now or as soon as it is recorded: services hear of each other in an order of their own. */
async function seen(name: string): Promise<Told> {
  for (;;) {
    const found = story.find(({ type }) => type.includes(`.${name}.v`));
    if (found !== undefined) {
      console.log(`  seen: ${found.type}`);
      return found;
    }
    const next = await stream.next();
    if (next.done === true) throw new Error(`the stream ended before ${name}`);
    story.push(next.value);
  }
}

// --- authorise: not by who proposed it ---
const envelope = {
  standard: "capital-delivery@1",
  gate_path: "two-gate",
  budget: { amount: "1250000.00", currency: "AUD" },
  reason: "Board of 3 March",
};
try {
  await colleague.governance.post("/v1/proposals/{id}/authorisations", envelope, { path: { id } });
} catch (error) {
  console.log(told(error));
}
try {
  const headers = { "Accept-Language": "fr" };
  await colleague.governance.post("/v1/proposals/{id}/authorisations", envelope, { path: { id }, headers });
} catch (error) {
  console.log(told(error));
}
await pmo.governance.post("/v1/proposals/{id}/authorisations", envelope, { path: { id } });
const appointment = { person: manager.person, reason: "Ran the last basin" };
const appointed = await pmo.governance.post("/v1/projects/{id}/managers", appointment, { path: { id } });
console.log("authorised, and its manager appointed");

// --- read your writes: the page waits until it knows of the appointment ---
const page = await pmo.reporting.get("/v1/projects/{id}", {
  path: { id },
  headers: { "Mandate-Consistency": appointed.body.consistency, Prefer: "wait=10" },
});
console.log(`the page knows the manager: ${page.body.manager === manager.person}`);
await seen("project-initiated");

// --- the manager asks for the gate, as soon as the projects service has recognised the mandate ---
while (!(await manager.projects.get("/v1/me", {})).body.mandates.some(({ project }) => project === id)) {
  await new Promise((resolve) => setTimeout(resolve, 100));
}
const asked = await manager.projects.post(
  "/v1/projects/{id}/gate-reviews",
  { gate: "gate-1", reason: "The business case is complete", evidence: [{ title: "Business case", sha256: "9f".repeat(32) }] },
  { path: { id } },
);
console.log(`gate review requested: version ${asked.body.version} of the project`);

// --- the inbox of the PMO ---
await seen("gate-review-opened");
const inbox = await pmo.governance.get("/v1/gate-reviews", { query: { status: "open", project: id } });
const review = inbox.body.items[0];
if (review === undefined) throw new Error("the review is not in the inbox");
console.log(`in the inbox: ${review.gate} of ${review.standard}, ${review.status}`);

// --- decide: on the version that was looked at, and not by who asked ---
const decision = { outcome: "go", reason: "The evidence supports it" } as const;
const where = { path: { id: review.id } };
try {
  await manager.governance.post("/v1/gate-reviews/{id}/decisions", decision, where);
} catch (error) {
  console.log(told(error));
}
const looked = await pmo.governance.get("/v1/gate-reviews/{id}", where);
let version = '"7"'; // what a page that was left open for a week might send
try {
  await pmo.governance.post("/v1/gate-reviews/{id}/decisions", decision, { ...where, headers: { "If-Match": version } });
} catch (error) {
  console.log(told(error));
  if (!(error instanceof Problem) || !error.is("stale-version")) throw error;
  version = looked.headers.get("ETag") ?? "*"; // look again, show what changed, let the person decide again
}
await pmo.governance.post("/v1/gate-reviews/{id}/decisions", decision, { ...where, headers: { "If-Match": version } });
console.log("decided: go");

// --- the project answers, and the page shows where it stands ---
const applied = await seen("gate-decision-applied");
const done = await pmo.reporting.get("/v1/projects/{id}", {
  path: { id },
  headers: { "Mandate-Consistency": `projects:${Number(applied.data["sequence"])}`, Prefer: "wait=10" },
});
const { title, status, phase, gate, budget, decisions } = done.body;
console.log(`${title}: ${status}, phase ${phase}, next gate ${gate}, budget ${budget?.amount} ${budget?.currency}`);
for (const { type, reason } of decisions) console.log(`  ${type}: ${reason ?? "no reason given"}`);
leaving.abort();
