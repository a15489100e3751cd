// A project: where it stands, the gate review that is open, and the lists beneath it.

import type { components as Projects } from "../src/generated/projects.ts";
import type { Told } from "../src/stream.ts";
import { facts, h, table } from "./dom.ts";
import { Fresh } from "./fresh.ts";
import type { View } from "./page.ts";
import type { Portfolio } from "./portfolio.ts";
import { Review } from "./review.ts";
import type { Session } from "./session.ts";
import { instant, money, OUTCOMES, person, plain, status } from "./words.ts";

type Project = Projects["schemas"]["Project"];

export class ProjectView implements View {
  title = "Project";
  readonly element = h("section", {});
  readonly fresh: Fresh;
  readonly #id: string;
  readonly #session: Session;
  readonly #portfolio: Portfolio;
  readonly #failed: (error: unknown) => void;
  readonly #head = h("div", {}, h("p", {}, "Reading…"));
  readonly #reviews = h("div", {});
  readonly #earlier = h("div", {});
  readonly #changes = h("details", {}, h("summary", {}, "Changes"));
  #review: Review | undefined;

  constructor(session: Session, portfolio: Portfolio, id: string, failed: (error: unknown) => void) {
    this.#id = id;
    this.#session = session;
    this.#portfolio = portfolio;
    this.#failed = failed;
    this.fresh = new Fresh(() => this.#read(), failed);
    this.element.append(h("p", {}, h("a", { href: "#/" }, "← Portfolio")), this.#head, this.#reviews, this.#earlier, this.#changes);
    this.#changes.addEventListener("toggle", () => void this.#readChanges().catch(failed), { once: true });
  }

  /** First what it is and what was decided on it, in one round; later only what it is: events tell when. */
  async open(): Promise<void> {
    await Promise.all([this.fresh.now(), this.#readEarlier().catch(this.#failed)]);
  }

  /** The page is read from the ledger of projects, so only what projects recorded can change it. */
  heard({ data }: Told): void {
    if (data.partitionkey === this.#id && data.source === "/mandate/projects") this.fresh.again();
  }

  async #read(): Promise<void> {
    const { body } = await this.#session.projects.get("/v1/projects/{id}", { path: { id: this.#id }, query: { include: "people" } });
    this.#showHead(body);
    if (body.open_review !== (this.#review?.id ?? null)) await this.#readReview(body.open_review);
  }

  async #readReview(open: string | null): Promise<void> {
    if (open === null) return this.#review?.settled();
    this.#review = new Review(this.#session, open, this.#failed);
    this.#reviews.replaceChildren(this.#review.element);
    await this.#review.read();
  }

  #showHead(project: Project): void {
    const row = this.#portfolio.rows.get(this.#id);
    const people = this.#portfolio.people;
    this.title = `${project.reference} ${project.title}`;
    const title = h("h1", { tabindex: "-1" }, this.title);
    const phases = project.phases.map((phase) =>
      h("li", phase.id === project.phase ? { "aria-current": "step" } : {}, h("strong", {}, phase.title), h("span", {}, phase.gate.title)),
    );
    this.#head.replaceChildren(
      title,
      facts(
        ["Status", status(project.status)],
        ["Phase", plain(project.phase)],
        ["Next gate", plain(project.gate)],
        ["Budget", money(project.budget)],
        ["Manager", person(row?.manager ?? null, people)],
        ["PM officer", person(row?.officer ?? null, people)],
        ["Sponsor", person(row?.sponsor ?? null, people)],
        ["Standard", project.standard],
      ),
      h("ol", { class: "phases", "aria-label": "Phases, each with its gate" }, ...phases),
    );
  }

  async #readEarlier(): Promise<void> {
    const { body } = await this.#session.projects.get("/v1/projects/{id}/gate-reviews", {
      path: { id: this.#id },
      query: { status: "applied,not_applied", sort: "-decided_at", include: "people" },
    });
    const rows = body.items.map((review) => [
      plain(review.gate),
      review.outcome === null ? "–" : OUTCOMES[review.outcome],
      review.decision_reason,
      person(review.requested_by, body.people),
      review.decided_at === null ? "–" : instant(review.decided_at),
    ]);
    const columns = ["Gate", "Outcome", "Reason", "Asked for by", "Decided"];
    this.#earlier.replaceChildren(rows.length === 0 ? h("p", {}, "No gate was decided before.") : table("Earlier gate reviews", columns, rows));
  }

  async #readChanges(): Promise<void> {
    const { body } = await this.#session.projects.get("/v1/projects/{id}/changes", {
      path: { id: this.#id },
      query: { include: "people" },
    });
    const rows = body.items.map((change) => [
      change.title,
      plain(change.status),
      person(change.requested_by, body.people),
      instant(change.requested_at),
    ]);
    const columns = ["Title", "Status", "Asked for by", "Asked for"];
    this.#changes.append(rows.length === 0 ? h("p", {}, "No change was asked for.") : table("Changes", columns, rows));
  }
}
