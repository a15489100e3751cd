// Server-sent events with fetch: EventSource cannot send an Authorization header.

export interface Told {
  readonly id: string;
  readonly type: string;
  readonly data: Record<string, unknown>;
}

/** Connects, and gives the events from now on. */
export async function follow(url: string, token: string, signal: AbortSignal): Promise<AsyncGenerator<Told>> {
  const connect = (last: string | undefined) => {
    const resume = last === undefined ? {} : { "Last-Event-ID": last };
    return fetch(url, { headers: { Authorization: `Bearer ${token}`, ...resume }, signal });
  };
  return told(await connect(undefined), connect, signal);
}

/** After a break it goes on behind the last event that was seen, so that none is lost or told twice. */
async function* told(
  response: Response,
  connect: (last: string | undefined) => Promise<Response>,
  signal: AbortSignal,
): AsyncGenerator<Told> {
  let last: string | undefined;
  let wait = 2_000;
  while (!signal.aborted) {
    if (!response.ok || response.body === null) throw new Error(`${response.status} ${await response.text()}`);
    try {
      for await (const { id, retry, event, data } of blocks(response.body)) {
        last = id ?? last;
        wait = Number(retry ?? wait);
        if (data !== undefined) yield { id: last ?? "", type: event ?? "", data: JSON.parse(data) };
      }
    } catch (error) {
      if (!(error instanceof TypeError) && !signal.aborted) throw error; // what fetch throws when it is cut off
    }
    if (signal.aborted) return;
    await new Promise((resolve) => setTimeout(resolve, wait));
    response = await connect(last);
  }
}

type Block = Partial<Record<string, string>>;

/** The fields up to each empty line. The server writes the data of an event on one line. */
async function* blocks(body: ReadableStream<Uint8Array>): AsyncGenerator<Block> {
  const decoder = new TextDecoder();
  let rest = "";
  let block: Block = {};
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const [name = "", ...value] = line.split(": ");
      if (line === "") {
        yield block;
        block = {};
      } else if (name !== "") {
        block[name] = value.join(": "); // a line that begins with a colon only keeps the connection alive
      }
    }
  }
}
