// Who is signed in, and the three services as this person.

import type { paths as Governance } from "../src/generated/governance.ts";
import type { paths as Projects } from "../src/generated/projects.ts";
import type { components, paths as Reporting } from "../src/generated/reporting.ts";
import { Problem, Service } from "../src/mandate.ts";

/** Mandate is reached where the page came from. Elsewhere it is its address, which then allows this origin: CORS. */
export const MANDATE = location.origin;

export type Row = components["schemas"]["ListedProject"];

export interface Persona {
  readonly name: string;
  readonly role: string;
}

export class Session {
  readonly persona: string;
  readonly token: string;
  readonly governance: Service<Governance>;
  readonly projects: Service<Projects>;
  readonly reporting: Service<Reporting>;

  constructor(persona: string, token: string) {
    this.persona = persona;
    this.token = token;
    this.governance = new Service<Governance>(`${MANDATE}/governance`, token);
    this.projects = new Service<Projects>(`${MANDATE}/projects`, token);
    this.reporting = new Service<Reporting>(`${MANDATE}/reporting`, token);
  }
}

/** Whom the development identity offers. In production there is no such list: see `signIn`. */
export async function personas(): Promise<Persona[]> {
  const response = await fetch(`${MANDATE}/identity/personas`);
  return ((await response.json()) as { items: Persona[] }).items;
}

/** Only in development: in production this is the organisation's OIDC provider, by the authorization code flow with PKCE,
 * which ends in an access token as well. The token is kept in memory alone, where no other page can find it. */
export async function signIn(persona: string): Promise<Session> {
  const response = await fetch(`${MANDATE}/identity/token`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ persona }),
  });
  const { access_token: token } = (await response.json()) as { access_token: string };
  return new Session(persona, token);
}

/** The token is accepted no longer. */
export class Ended extends Error {}

/** What went wrong, in the language that the browser asks for: it sends `Accept-Language` by itself. */
export function told(error: unknown): { text: string; language: string } {
  if (error instanceof Problem) {
    const { title, detail } = error.document;
    return { text: `${title}: ${detail}`, language: error.headers.get("Content-Language") ?? "en" };
  }
  console.error(error); // nobody answered, or this page has a fault
  return { text: "That did not work. Please try again.", language: "en" };
}
