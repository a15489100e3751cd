// A gate review: why it was asked for, what the standard says, and the decision for whom it is offered to.

import type { components } from "../src/generated/governance.ts";
import { Problem } from "../src/mandate.ts";
import { Decision } from "./decision.ts";
import { facts, h } from "./dom.ts";
import { told, type Session } from "./session.ts";
import { instant, OUTCOMES, person, plain, type Outcome } from "./words.ts";

type GateReview = components["schemas"]["GateReview"];
type Judged = NonNullable<NonNullable<GateReview["standard_says"]>["gate"]>;

export class Review {
  readonly id: string;
  readonly element = h("section", { class: "review" });
  readonly #session: Session;
  readonly #failed: (error: unknown) => void;
  readonly #answer = h("div", { "aria-live": "polite" });
  #decided: Outcome | undefined;
  #form: Decision | undefined;

  constructor(session: Session, id: string, failed: (error: unknown) => void) {
    this.id = id;
    this.#session = session;
    this.#failed = failed;
  }

  /** The single review, not the list: it alone tells what the standard says, and its ETag goes into the decision. */
  async read(): Promise<void> {
    try {
      const { body, headers } = await this.#session.governance.get("/v1/gate-reviews/{id}", {
        path: { id: this.id },
        query: { include: "people" },
      });
      this.#show(body, headers.get("ETag") ?? "*");
    } catch (error) {
      if (!(error instanceof Problem) || error.document.status === 401) throw error;
      const { text, language } = told(error); // not everybody may read what the PMO is asked for
      this.element.replaceChildren(h("h2", {}, "Gate review"), h("p", { lang: language }, text));
    }
  }

  /** The project knows of the decision: it has no open review any more. */
  async settled(): Promise<void> {
    if (this.#decided === undefined) return this.read(); // somebody else decided it
    this.#answer.replaceChildren(h("p", { class: "done" }, `Decided: ${OUTCOMES[this.#decided]}. The project has applied it.`));
  }

  #show(review: GateReview & components["schemas"]["WithPeople"], version: string): void {
    const says = review.standard_says;
    this.element.replaceChildren(
      h("h2", {}, `Gate review: ${says?.gate?.title ?? plain(review.gate)}`),
      facts(
        ["Asked for by", person(review.requested_by, review.people)],
        ["Asked for", instant(review.requested_at)],
        ["Why", review.reason],
        ["Evidence", listed(review.evidence.map(({ title, sha256 }) => h("span", {}, title, " ", h("code", { title: sha256 }, sha256.slice(0, 12)))))],
        ["May decide", review.may_decide.map((role) => (role === "pmo" ? "PMO" : plain(role))).join(", ")],
      ),
      standard(review.standard, says?.gate ?? null),
      this.#answer,
    );
    this.#offer(review, version);
  }

  /** Who may decide is not for this page to know: there is a form where the review offers one. */
  #offer(review: GateReview & components["schemas"]["WithPeople"], version: string): void {
    const offer = review.allowed?.find(({ command }) => command === "DecideGate");
    if (review.status !== "open") {
      const outcome = review.outcome === null ? "" : `${OUTCOMES[review.outcome]}, by ${person(review.decided_by, review.people)}`;
      this.#answer.replaceChildren(h("p", { class: "done" }, `Decided: ${outcome}. ${review.decision_reason ?? ""}`));
    } else if (offer === undefined) {
      this.#answer.replaceChildren(h("p", {}, "The decision is not yours."));
    } else if (this.#form === undefined) {
      this.#form = new Decision(this.#session, offer, version, {
        decided: (outcome) => {
          this.#decided = outcome;
          this.#answer.replaceChildren(h("p", { class: "done" }, `Decided: ${OUTCOMES[outcome]}. The project will hear of it.`));
        },
        changed: () => this.read(),
        failed: this.#failed,
      });
      this.#answer.replaceChildren(this.#form.element);
    } else {
      this.#form.version = version; // read again: what the person wrote stays
    }
  }
}

function standard(name: string | null, gate: Judged | null): HTMLElement {
  const points = [...(gate?.criteria ?? []), ...(gate?.deliverables ?? []), ...(gate?.evidence ?? [])];
  const said = points.length === 0 ? "names the gate and no criteria for it." : "asks for:";
  return h("div", {}, h("p", {}, `The standard ${name ?? ""} ${said}`), listed(points.map(({ title }) => title)));
}

function listed(items: (Node | string)[]): HTMLElement {
  return h("ul", {}, ...items.map((item) => h("li", {}, item)));
}
