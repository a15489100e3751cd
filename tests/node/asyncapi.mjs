// Reads an AsyncAPI document from standard input with the reference parser and writes what it finds as JSON.
import { readFileSync } from "node:fs";
import parser from "@asyncapi/parser";

const { document, diagnostics } = await new parser.Parser().parse(readFileSync(0, "utf-8"));
const channels = document?.allChannels().all() ?? [];
process.stdout.write(
  JSON.stringify({
    diagnostics: diagnostics.map(({ code, message, path, severity }) => ({ code, message, path, severity })),
    channels: Object.fromEntries(
      channels.map((channel) => [
        channel.address(),
        channel.messages().all().map((message) => [message.name(), message.payload()?.json()]),
      ]),
    ),
  }),
);
