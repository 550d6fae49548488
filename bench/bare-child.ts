// The most that this machine allows: a bare server of the same runtime that reads the same JSON, writes and syncs it to a
// file together with the other requests of that moment, and answers with a record of a task's size.

import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";

const path = process.argv[2]!;
const file = openSync(path, "w");
const filler = "x".repeat(700);
let waiting: { text: string; done: () => void }[] = [];

function flush(): void {
  const batch = waiting;
  waiting = [];
  writeSync(file, batch.map(({ text }) => text).join("\n"));
  fdatasyncSync(file);
  for (const { done } of batch) done();
}

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  async fetch(request) {
    const body = JSON.parse(await request.text()) as Record<string, unknown>;
    await new Promise<void>((done) => {
      if (waiting.length === 0) setImmediate(flush);
      waiting.push({ text: JSON.stringify(body), done });
    });
    return new Response(JSON.stringify({ ...body, filler }), {
      status: 201,
      headers: { "content-type": "application/json" },
    });
  },
});
process.stdout.write(`${server.port}\n`);
process.on("SIGTERM", () => {
  closeSync(file);
  process.exit(0);
});
