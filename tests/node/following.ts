// Follows a stream with the client of docs/frontend and says, a line of JSON each, what it is told and asked for.
// node following.ts URL TOKENS [AFTER]: the tokens, by commas, are given one after the other as each is refused.

import { Problem } from "../../docs/frontend/src/mandate.ts";
import { follow } from "../../docs/frontend/src/stream.ts";

const [url = "", tokens = "", after] = process.argv.slice(2);
const left = tokens.split(",");
const say = (said: unknown) => console.log(JSON.stringify(said));
const leaving = new AbortController();

try {
  const told = await follow(url, {
    token: (refused) => (refused ? left.splice(0, 2, left[1] ?? "none")[1] ?? "none" : (left[0] ?? "none")),
    signal: leaving.signal,
    ...(after === undefined ? {} : { after }),
    restored: async (end) => {
      say({ restored: end });
      return "0";
    },
    patience: { first: 10, most: 40, silence: 300 },
  });
  for await (const { id, data } of told) {
    say({ id, data });
    if (data.type === "last") leaving.abort();
  }
  say("ended");
} catch (error) {
  say(error instanceof Problem ? { problem: error.document.status } : String(error));
}
