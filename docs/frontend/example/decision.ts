// The form for a gate. What is wrong with a field is the server's word, and stands beside the field.

import type { components } from "../src/generated/governance.ts";
import { Problem, type Allowed } from "../src/mandate.ts";
import { h } from "./dom.ts";
import { told, type Session } from "./session.ts";
import { OUTCOMES, type Outcome } from "./words.ts";

type DecideGate = components["schemas"]["DecideGate"];

export interface Course {
  readonly decided: (outcome: Outcome) => void;
  /** The review is no longer what the person looked at. */
  readonly changed: () => Promise<void>;
  readonly failed: (error: unknown) => void;
}

export class Decision {
  readonly element: HTMLFormElement;
  /** The ETag of the review that the person looks at: a decision on another version is refused with 412. */
  version: string;
  /** One key for this intent, however often it is sent: a lost answer is asked for again, nothing is done twice. */
  readonly #key = crypto.randomUUID();
  readonly #session: Session;
  readonly #offer: Allowed;
  readonly #course: Course;
  readonly #fault = h("p", { class: "fault", role: "alert" });
  readonly #conditions = h("fieldset", { hidden: true }, h("legend", {}, "Condition"));
  readonly #button = h("button", {}, "Decide");

  constructor(session: Session, offer: Allowed, version: string, course: Course) {
    this.#session = session;
    this.#offer = offer;
    this.version = version;
    this.#course = course;
    const outcome = h("select", {}, ...Object.entries(OUTCOMES).map(([value, text]) => h("option", { value }, text)));
    outcome.addEventListener("change", () => (this.#conditions.hidden = outcome.value !== "conditional_go"));
    this.#conditions.append(
      field("What must be done", "/conditions/0/text", h("input")),
      field("By whom", "/conditions/0/owner", h("input")),
      field("By when", "/conditions/0/due_on", h("input", { type: "date" })),
    );
    this.element = h(
      "form",
      { novalidate: true },
      h("h3", {}, "Your decision"),
      field("Outcome", "/outcome", outcome),
      this.#conditions,
      field("Reason", "/reason", h("textarea", { rows: "3" })),
      this.#fault,
      this.#button,
    );
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#send().catch(course.failed);
    });
  }

  async #send(): Promise<void> {
    this.#clear();
    this.#button.disabled = true;
    const body = this.#body();
    try {
      const headers = { "If-Match": this.version, "Idempotency-Key": this.#key };
      await this.#session.governance.give<"/v1/gate-reviews/{id}/decisions">(this.#offer, body, { headers });
      this.#course.decided(body.outcome);
    } catch (error) {
      this.#explain(error);
      if (error instanceof Problem && [409, 412].includes(error.document.status)) await this.#course.changed();
    } finally {
      this.#button.disabled = false;
    }
  }

  #body(): DecideGate {
    const of = new FormData(this.element);
    const value = (name: string) => String(of.get(name) ?? "");
    const outcome = value("/outcome") as Outcome;
    const condition = { text: value("/conditions/0/text"), owner: value("/conditions/0/owner"), due_on: value("/conditions/0/due_on") };
    return { outcome, reason: value("/reason"), ...(outcome === "conditional_go" ? { conditions: [condition] } : {}) };
  }

  /** `errors` name fields by JSON Pointer, and so are the inputs named. What names none of them stands below. */
  #explain(error: unknown): void {
    if (error instanceof Problem && error.document.status === 401) throw error;
    const { text, language } = told(error);
    const problems = error instanceof Problem ? (error.document.errors ?? []) : [];
    let placed = 0;
    for (const { pointer, detail } of problems) {
      const input = this.element.elements.namedItem(pointer);
      if (!(input instanceof HTMLElement)) continue;
      const place = this.element.querySelector(`#${CSS.escape(input.getAttribute("aria-describedby") ?? "")}`);
      place?.replaceChildren(h("span", { lang: language }, detail));
      input.setAttribute("aria-invalid", "true");
      placed += 1;
    }
    this.element.querySelector<HTMLElement>("[aria-invalid]")?.focus();
    if (placed === 0 || placed < problems.length) this.#fault.replaceChildren(h("span", { lang: language }, text));
  }

  #clear(): void {
    for (const place of this.element.querySelectorAll(".fault")) place.replaceChildren();
    for (const input of this.element.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
  }
}

function field(label: string, pointer: string, input: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement): HTMLElement {
  const fault = `fault${pointer.replaceAll("/", "-")}`;
  input.name = pointer;
  input.setAttribute("aria-describedby", fault);
  return h("div", { class: "field" }, h("label", {}, h("span", {}, label), input), h("span", { class: "fault", id: fault }));
}
