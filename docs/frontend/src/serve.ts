// Serves the page of ../example for development, and passes on to Mandate what is Mandate's: one origin for the browser.
// Run it beside `make run`, from Node 22.18 on: MANDATE_URL=http://127.0.0.1:8080 node src/serve.ts PORT
// In production a web server does both; or Mandate allows the page's origin by MANDATE_CORS_ORIGINS.

import { readFile } from "node:fs/promises";
import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import { stripTypeScriptTypes } from "node:module";
import { extname } from "node:path";
import { pipeline } from "node:stream";

const mandate = process.env["MANDATE_URL"] ?? "http://127.0.0.1:8080";
const port = Number(process.argv[2] ?? 8090);

const TYPES: Record<string, string> = { ".html": "text/html", ".css": "text/css", ".ts": "text/javascript" };

/** A file of the example. TypeScript goes out without its types, as JavaScript on the same lines. */
async function file(path: string, response: ServerResponse): Promise<void> {
  try {
    const text = await readFile(new URL(`..${path}`, import.meta.url), "utf-8");
    response.setHeader("Content-Type", `${TYPES[extname(path)]}; charset=utf-8`);
    response.setHeader("Cache-Control", "no-store");
    response.end(path.endsWith(".ts") ? stripTypeScriptTypes(text) : text);
  } catch {
    response.writeHead(404).end();
  }
}

function passOn(asked: IncomingMessage, response: ServerResponse): void {
  const target = new URL(asked.url ?? "/", mandate);
  const headers = { ...asked.headers, host: target.host };
  const onward = request(target, { method: asked.method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    pipeline(answer, response, () => undefined);
  });
  response.on("close", () => onward.destroy()); // a browser that leaves a stream leaves it here, too
  onward.on("error", () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
  pipeline(asked, onward, () => undefined);
}

const server = createServer((asked, response) => {
  const path = (asked.url ?? "/").split("?")[0] ?? "/";
  if (path === "/") response.writeHead(302, { Location: "/example/index.html" }).end();
  else if (/^\/(example|src)\/[a-z]+\.(html|css|ts)$/.test(path)) void file(path, response);
  else passOn(asked, response);
});
server.listen(port, "127.0.0.1", () => {
  const address = server.address();
  console.log(`http://127.0.0.1:${typeof address === "object" ? address?.port : port}/`);
});
