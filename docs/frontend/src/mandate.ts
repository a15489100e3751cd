// One service of Mandate as the person of a token: requests and answers typed by the generated `paths`.

import type { components } from "./generated/governance.ts";

export type ProblemDocument = components["schemas"]["Problem"];
export type Receipt = components["schemas"]["Receipt"];
export type Allowed = components["schemas"]["Allowed"];

type Method = "get" | "post";
type PathsWith<Paths, M extends Method> = {
  [P in keyof Paths]: Paths[P] extends { [_ in M]: { responses: unknown } } ? P : never;
}[keyof Paths] & string;
type Operation<Paths, P extends keyof Paths, M extends Method> = M extends keyof Paths[P] ? Paths[P][M] : never;

type JsonOf<R> = R extends { content: { "application/json": infer Body } } ? Body : never;
type SuccessOf<O> = O extends { responses: infer R } ? JsonOf<R[keyof R & (200 | 201 | 202)]> : never;
type BodyOf<O> = O extends { requestBody: { content: { "application/json": infer Body } } } ? Body : never;
type In<O, Where extends "path" | "query" | "header"> = O extends { parameters: infer All }
  ? Where extends keyof All ? Exclude<All[Where], undefined> : never
  : never;
type Given<O> = ([In<O, "path">] extends [never] ? { path?: never } : { path: In<O, "path"> }) & {
  query?: In<O, "query">;
  headers?: In<O, "header"> & { "Accept-Language"?: string };
};

/** What was refused, as the server explains it. Compare the end of `type`; show `title` and `detail`. */
export class Problem extends Error {
  readonly document: ProblemDocument;
  readonly headers: Headers;

  constructor(document: ProblemDocument, headers: Headers) {
    super(document.detail);
    this.document = document;
    this.headers = headers;
  }

  is(name: string): boolean {
    return this.document.type.endsWith(`/problems/${name}`);
  }
}

export interface Answer<Body> {
  readonly status: number;
  readonly body: Body;
  readonly headers: Headers;
}

export class Service<Paths> {
  readonly url: string;
  readonly token: string;

  constructor(url: string, token: string) {
    this.url = url;
    this.token = token;
  }

  get<P extends PathsWith<Paths, "get">>(
    path: P,
    given: Given<Operation<Paths, P, "get">>,
  ): Promise<Answer<SuccessOf<Operation<Paths, P, "get">>>> {
    return this.send("GET", this.filled(path, given as Loose), given as Loose);
  }

  post<P extends PathsWith<Paths, "post">>(
    path: P,
    body: BodyOf<Operation<Paths, P, "post">>,
    given: Given<Operation<Paths, P, "post">>,
  ): Promise<Answer<SuccessOf<Operation<Paths, P, "post">>>> {
    return this.send("POST", this.filled(path, given as Loose), given as Loose, body);
  }

  /** Gives a command that a thing offers in `allowed`: the link says where. `P` says what it takes and answers. */
  give<P extends PathsWith<Paths, "post">>(
    { method, href }: Allowed,
    body: BodyOf<Operation<Paths, P, "post">>,
    given: Pick<Given<Operation<Paths, P, "post">>, "headers">,
  ): Promise<Answer<SuccessOf<Operation<Paths, P, "post">>>> {
    return this.send(method, new URL(href, this.url), given as Loose, body);
  }

  private filled(path: string, given: Loose): URL {
    return new URL(this.url + path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(given.path?.[name]))));
  }

  private async send<Body>(method: string, url: URL, given: Loose, body?: unknown): Promise<Answer<Body>> {
    for (const [name, value] of Object.entries(given.query ?? {})) {
      if (value !== undefined && value !== null) url.searchParams.set(name, String(value));
    }
    const headers = new Headers({ Authorization: `Bearer ${this.token}` });
    for (const [name, value] of Object.entries(given.headers ?? {})) {
      if (value !== undefined) headers.set(name, String(value));
    }
    if (body !== undefined) headers.set("Content-Type", "application/json");
    const response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    if (response.headers.get("Content-Type") === "application/problem+json") {
      throw new Problem((await response.json()) as ProblemDocument, response.headers);
    }
    return { status: response.status, body: (await response.json()) as Body, headers: response.headers };
  }
}

interface Loose {
  path?: Record<string, unknown>;
  query?: Record<string, unknown>;
  headers?: Record<string, unknown>;
}
