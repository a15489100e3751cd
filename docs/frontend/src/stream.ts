// Server-sent events with fetch: EventSource cannot send an Authorization header.
// Goes on through whatever happens to the connection or the server, and gives each event once.

import type { components } from "./generated/reporting.ts";
import { Problem, type ProblemDocument } from "./mandate.ts";

export type EventDocument = components["schemas"]["EventDocument"];

export interface Told {
  /** The position: where to go on from, after a restart of this program. */
  readonly id: string;
  readonly type: string;
  readonly data: EventDocument;
}

export interface Following {
  /** Asked before each connection. `refused` is true when the last one was not accepted: renew it. */
  readonly token: (refused: boolean) => string | Promise<string>;
  /** Ends it; nothing else does, except an answer that will not change. */
  readonly signal: AbortSignal;
  /** Where to begin: an `id`, or the `Mandate-Position` of a read. Without it: now. */
  readonly after?: string;
  /** The server's ledger ends before what was seen: it was restored. Read everything anew, and say where to begin. */
  readonly restored?: (end: string) => Promise<string>;
  readonly patience?: Partial<Patience>;
}

export interface Patience {
  /** Milliseconds before the second try; they double with each, and half of them are left to chance. */
  readonly first: number;
  /** Milliseconds between two tries at most. There is no last one. */
  readonly most: number;
  /** Milliseconds without a byte after which a connection is dead. The server says something every 15 seconds. */
  readonly silence: number;
}

const PATIENCE: Patience = { first: 500, most: 30_000, silence: 45_000 };

/** Connects, and gives what is recorded from then on, or after a given position. */
export async function follow(url: string, following: Following): Promise<AsyncGenerator<Told>> {
  const heard = blocks(url, following);
  await heard.next(); // each connection begins by telling where it begins: from here on nothing is missed
  return events(heard);
}

async function* events(heard: AsyncGenerator<Block>): AsyncGenerator<Told> {
  for await (const { id, event, data } of heard) {
    if (data !== undefined) yield { id: id ?? "", type: event ?? "", data: JSON.parse(data) as EventDocument };
  }
}

/** The blocks of one connection after the other; none that is not behind the last one. */
async function* blocks(url: string, following: Following): AsyncGenerator<Block> {
  const { token, signal, restored, patience = {} } = following;
  const { most, silence } = { ...PATIENCE, ...patience };
  let { first } = { ...PATIENCE, ...patience };
  let after = following.after;
  let last: string | undefined;
  let refused = false;
  let failures = 0;
  while (!signal.aborted) {
    let least = 0;
    const quiet = new Quiet(silence);
    // Who leaves may not ask for another event, and a timer would keep a program from ending.
    signal.addEventListener("abort", () => quiet.end(), { signal: quiet.signal });
    try {
      const response = await fetch(target(url, after), {
        headers: { Authorization: `Bearer ${await token(refused)}`, ...(last === undefined ? {} : { "Last-Event-ID": last }) },
        signal: AbortSignal.any([signal, quiet.signal]),
        cache: "no-store",
      });
      if (isStream(response)) {
        refused = false;
        for await (const block of parsed(response.body, quiet)) {
          failures = 0;
          first = patience.first ?? Number(block.retry ?? first);
          if (last !== undefined && block.id !== undefined && BigInt(block.id) <= BigInt(last)) continue;
          last = block.id ?? last;
          yield block;
        }
      } else {
        const problem = await said(response);
        const end = problem.document.facts?.["end"];
        if (response.status === 401 && !refused) {
          refused = true;
          continue;
        } else if (response.status === 422 && end !== undefined && restored !== undefined) {
          after = await restored(String(end));
          last = undefined;
          continue;
        } else if (response.status >= 400 && response.status < 500 && response.status !== 429) {
          throw problem;
        }
        least = wished(response.headers.get("Retry-After"));
      }
    } catch (error) {
      // A TypeError is what fetch throws when it reaches nobody or is cut off.
      if (!signal.aborted && !quiet.signal.aborted && !(error instanceof TypeError)) throw error;
    } finally {
      quiet.end();
    }
    const longest = Math.min(most, first * 2 ** Math.min(failures++, 20));
    await rest(least + longest * (0.5 + Math.random() / 2), signal);
  }
}

function target(url: string, after: string | undefined): URL {
  const asked = new URL(url);
  if (after !== undefined) asked.searchParams.set("after", after);
  return asked;
}

function isStream(response: Response): response is Response & { body: ReadableStream<Uint8Array> } {
  return response.ok && response.body !== null && response.headers.get("Content-Type")?.startsWith("text/event-stream") === true;
}

/** What was answered instead, also by a proxy that knows nothing of problem documents. */
async function said(response: Response): Promise<Problem> {
  const text = await response.text();
  if (response.headers.get("Content-Type") === "application/problem+json") {
    return new Problem(JSON.parse(text) as ProblemDocument, response.headers);
  }
  const { status, statusText: title, url: instance } = response;
  return new Problem({ type: "about:blank", title, status, detail: text.slice(0, 500), instance }, response.headers);
}

/** Milliseconds that `Retry-After` asks for: it is a number of seconds, or a date. */
function wished(header: string | null): number {
  if (header === null) return 0;
  const wait = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Number.isNaN(wait) ? 0 : Math.max(0, wait);
}

function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done);
  });
}

/** Ends a connection on which nothing was heard for so long: the other end may have vanished without a word. */
class Quiet {
  readonly #controller = new AbortController();
  readonly #silence: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(silence: number) {
    this.#silence = silence;
    this.heard();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  heard(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#controller.abort(), this.#silence);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#controller.abort(); // a reader who leaves in the middle leaves no connection behind
  }
}

type Block = Partial<Record<string, string>>;

/** The fields up to each empty line; what is cut off before one does not count. */
async function* parsed(body: ReadableStream<Uint8Array>, quiet: Quiet): AsyncGenerator<Block> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  let block: Block = {};
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    quiet.heard();
    const lines = (rest + decoder.decode(value, { stream: true })).split(/\r?\n/);
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const [, name, field] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
      if (line === "") {
        if (Object.keys(block).length > 0) yield block;
        block = {};
      } else if (name) {
        block[name] = field ?? ""; // a line that begins with a colon only keeps the connection alive
      }
    }
  }
}
