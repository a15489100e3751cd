// One page built on the API: who signs in sees the portfolio, opens a project, decides a gate, and sees it happen.

import { Problem } from "../src/mandate.ts";
import { follow, type Told } from "../src/stream.ts";
import { h } from "./dom.ts";
import type { Fresh } from "./fresh.ts";
import { Portfolio } from "./portfolio.ts";
import { ProjectView } from "./project.ts";
import { Ended, MANDATE, personas, signIn, told, type Session } from "./session.ts";

/** What the page shows: it hears of each event, and decides itself what to read again. */
export interface View {
  readonly title: string;
  readonly element: HTMLElement;
  readonly fresh: Fresh;
  heard(event: Told): void;
}

const main = document.querySelector("main") as HTMLElement;
const account = document.querySelector("#account") as HTMLElement;
const live = document.querySelector("#live") as HTMLElement;
const notice = document.querySelector("#notice") as HTMLElement;

/** What belongs to one person who is signed in, until they leave. */
class Visit {
  readonly #session: Session;
  readonly #portfolio: Portfolio;
  readonly #leaving = new AbortController();
  #view: View;

  constructor(session: Session) {
    this.#session = session;
    this.#portfolio = new Portfolio(session, this.#failed);
    this.#view = this.#portfolio;
  }

  async begin(): Promise<void> {
    const leave = h("button", { type: "button", class: "plain" }, "Sign out");
    leave.addEventListener("click", () => this.end());
    account.replaceChildren(h("span", {}, this.#session.persona), leave);
    window.addEventListener("hashchange", () => void this.#show(), { signal: this.#leaving.signal });
    main.replaceChildren(this.#portfolio.element);
    await this.#portfolio.fresh.now();
    if (this.#leaving.signal.aborted) return;
    if (this.#portfolio.position === "") return main.replaceChildren(); // not for everybody to see: the notice says so
    void this.#listen().catch(this.#failed);
    await this.#show(true);
  }

  end(why = ""): void {
    this.#leaving.abort();
    live.replaceChildren();
    account.replaceChildren();
    void offerSignIn(why);
  }

  /** From the position that the first read stated: what is recorded between that read and this stream is told, too. */
  async #listen(): Promise<void> {
    const stream = await follow(`${MANDATE}/reporting/v1/events`, {
      after: this.#portfolio.position,
      restored: async () => {
        await this.#view.fresh.now();
        await this.#portfolio.fresh.now();
        return this.#portfolio.position;
      },
      // Tokens end. A page of an organisation would have its provider renew this one without a word.
      token: (refused) => {
        if (refused) throw new Ended();
        return this.#session.token;
      },
      signal: this.#leaving.signal,
    });
    live.textContent = "Live";
    for await (const event of stream) {
      this.#portfolio.note(event);
      this.#view.heard(event);
    }
  }

  async #show(first = false): Promise<void> {
    const id = /^#\/projects\/([0-9a-f-]{36})$/.exec(location.hash)?.[1];
    notice.replaceChildren();
    if (id === undefined) {
      this.#view = this.#portfolio;
      main.replaceChildren(this.#portfolio.element);
      if (!first) await this.#portfolio.fresh.now(); // it heard nothing while a project was shown
    } else {
      const project = new ProjectView(this.#session, this.#portfolio, id, this.#failed);
      this.#view = project; // before it reads: what is told from now on is for it
      main.replaceChildren(project.element);
      await project.open();
    }
    document.title = `${this.#view.title} · Mandate`;
    main.querySelector("h1")?.focus(); // who listens to the page hears that it is another one
  }

  readonly #failed = (error: unknown): void => {
    if (this.#leaving.signal.aborted) return;
    const ended = error instanceof Ended || (error instanceof Problem && error.document.status === 401);
    if (ended) this.end("Your sign-in has ended. Please sign in again.");
    else complain(error);
  };
}

function complain(error: unknown): void {
  const { text, language } = told(error);
  notice.replaceChildren(h("span", { lang: language }, text));
}

async function offerSignIn(why = ""): Promise<void> {
  notice.textContent = why;
  document.title = "Sign in · Mandate";
  const choice = h("select", { name: "persona" });
  const form = h("form", {}, h("h1", {}, "Sign in"), h("label", {}, h("span", {}, "As"), choice), h("button", {}, "Sign in"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    notice.replaceChildren();
    void signIn(choice.value).then((session) => new Visit(session).begin()).catch(complain);
  });
  try {
    choice.append(...(await personas()).map(({ name, role }) => h("option", { value: name }, `${name} · ${role}`)));
    main.replaceChildren(form);
  } catch (error) {
    complain(error);
  }
}

void offerSignIn();
