// What the API tells in ids, words of its own and numbers, as people read it.

import type { components as Governance } from "../src/generated/governance.ts";
import { h } from "./dom.ts";

export type Outcome = Governance["schemas"]["DecideGate"]["outcome"];
export type People = Governance["schemas"]["WithPeople"]["people"];

/** An outcome that is missing here, or is not one, does not compile. */
export const OUTCOMES: Record<Outcome, string> = {
  go: "Go",
  conditional_go: "Go, on conditions",
  hold: "Hold",
  recycle: "Back to rework",
  kill: "Stop the project",
};

/** An amount stays text: `Intl` reads it digit by digit, where a floating-point number would lose some. */
export function money(value: { amount: string; currency: string } | null): string {
  if (value === null) return "–";
  const format = new Intl.NumberFormat(navigator.language, { style: "currency", currency: value.currency, currencyDisplay: "code" });
  return format.format(value.amount as `${number}`);
}

/** Who it is, by the `people` of the answer (`include=people`). */
export function person(id: string | null, people: People): string {
  if (id === null) return "–";
  const named = people?.[id];
  if (named?.status === "erased") return "name erased";
  return named?.name ?? "not in the directory yet";
}

export function instant(value: string): HTMLTimeElement {
  const format = new Intl.DateTimeFormat(navigator.language, { dateStyle: "medium", timeStyle: "short" });
  return h("time", { datetime: value }, format.format(new Date(value)));
}

/** `conditional_go`, `business-case`: words that need no table. */
export function plain(word: string | null): string {
  if (word === null) return "–";
  const text = word.replace(/[_-]/g, " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function status(word: string): HTMLElement {
  return h("span", { class: "status", "data-status": word }, plain(word));
}
