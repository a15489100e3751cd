// The portfolio: a list with names, current by what the stream tells.

import type { Told } from "../src/stream.ts";
import { h, table } from "./dom.ts";
import { Fresh } from "./fresh.ts";
import type { Row, Session } from "./session.ts";
import type { View } from "./page.ts";
import { money, person, plain, status, type People } from "./words.ts";

const COLUMNS = ["Reference", "Title", "Status", "Phase", "Next gate", "Manager", "Budget"];

export class Portfolio implements View {
  readonly title = "Portfolio";
  readonly element = h("section", {}, h("h1", { tabindex: "-1" }, "Portfolio"), h("p", {}, "Reading…"));
  /** How far the first page of the list reaches: from here on the stream tells. */
  position = "";
  readonly rows = new Map<string, Row>();
  people: People = {};
  readonly fresh: Fresh;
  readonly #session: Session;
  #since = "";

  constructor(session: Session, failed: (error: unknown) => void) {
    this.#session = session;
    this.fresh = new Fresh(() => this.#read(), failed);
  }

  /** The next read must include what the person was told, also while another view was shown. */
  note({ data }: Told): void {
    this.#since = `${data.source.replace("/mandate/", "")}:${Number(data.sequence)}`;
  }

  /** Any event may change a row. */
  heard(): void {
    this.fresh.again();
  }

  async #read(): Promise<void> {
    this.rows.clear();
    let cursor: string | null = null;
    do {
      const { body, headers } = await this.#page(cursor);
      if (cursor === null) this.position = headers.get("Mandate-Position") ?? "";
      for (const row of body.items) this.rows.set(row.id, row);
      this.people = { ...this.people, ...body.people };
      cursor = body.next;
    } while (cursor !== null);
    this.#show();
  }

  #page(cursor: string | null) {
    return this.#session.reporting.get("/v1/portfolio", {
      query: { include: "people", sort: "reference", limit: 500, ...(cursor === null ? {} : { cursor }) },
      headers: this.#since === "" ? {} : { "Mandate-Consistency": this.#since, Prefer: "wait=10" },
    });
  }

  #show(): void {
    const rows = [...this.rows.values()].map((row) => [
      row.reference,
      h("a", { href: `#/projects/${row.id}` }, row.title ?? "untitled"),
      status(row.status),
      plain(row.phase),
      row.open_review === null ? plain(row.gate) : h("span", {}, plain(row.gate), " ", h("span", { class: "due" }, "review open")),
      person(row.manager, this.people),
      money(row.budget),
    ]);
    const list = rows.length === 0 ? h("p", {}, "There is no project yet.") : table("Projects by reference", COLUMNS, rows);
    this.element.lastElementChild?.replaceWith(list);
  }
}
