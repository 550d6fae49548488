// A process with the hostile clients of the section abuse: a thousand slow connections, a hundred subscribers of one log,
// and malformed requests. It is also the worker that has the log. It prints "abusing" when all are connected, and ends with
// its parent.

import { framedMediaType } from "../src/lib/frames.ts";
import { exchange } from "../test/hostile/raw.ts";
import { rows } from "../test/hostile/rows.ts";
import { openSlowClients } from "../test/hostile/slow-clients.ts";

const [portText, slowText, subscribersText] = process.argv.slice(2) as string[];
const port = Number(portText);
const master = `http://127.0.0.1:${port}`;
const headers = { "content-type": "application/json" };
/** For each line of the log. */
const lineMs = 10;

/** Pause between two malformed requests, for some eighty a second. */
const hostileMs = 10;

function frame(text: string): Uint8Array {
  const payload = new TextEncoder().encode(text);
  const bytes = new Uint8Array(8 + payload.length);
  bytes[0] = 1;
  new DataView(bytes.buffer).setUint32(4, payload.length);
  bytes.set(payload, 8);
  return bytes;
}

/** A worker with one log that gets a line at intervals. */
const worker = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  idleTimeout: 0,
  fetch: () => {
    let timer: ReturnType<typeof setInterval>;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        let n = 0;
        timer = setInterval(() => controller.enqueue(frame(`${new Date().toISOString()} line ${n++}\n`)), lineMs);
      },
      cancel: () => clearInterval(timer),
    });
    return new Response(body, { headers: { "content-type": framedMediaType } });
  },
});

async function must(method: string, path: string, body: object): Promise<{ taskId: string }> {
  const answer = await fetch(master + path, { method, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as { taskId: string };
}

let lines = 0;
async function follow(taskId: string): Promise<void> {
  await Bun.connect<undefined>({
    hostname: "127.0.0.1",
    port,
    socket: {
      open: (socket) =>
        void socket.write(`GET /api/v1/tasks/${taskId}/logs?follow=true HTTP/1.1\r\nHost: localhost\r\n\r\n`),
      data: () => void lines++,
      error() {},
    },
  });
}

async function beHostile(): Promise<never> {
  for (;;) {
    for (const { bytes, hangUp = false } of rows) {
      await exchange(port, bytes, { hangUp }).catch(() => {});
      await Bun.sleep(hostileMs);
    }
  }
}

await must("POST", "/api/v1/nodes/register", { hostname: "logs", port: worker.port, address: "127.0.0.1" });
const { taskId } = await must("POST", "/api/v1/tasks", {
  name: "followed",
  image: "nginx",
  constraints: ["node==logs"],
});
await must("PUT", `/api/v1/tasks/${taskId}/status`, { status: "running", containerId: "c" });
await openSlowClients(port, Number(slowText));
await Promise.all(Array.from({ length: Number(subscribersText) }, () => follow(taskId)));
while (lines < Number(subscribersText)) await Bun.sleep(10);
void beHostile();
process.stdout.write("abusing\n");
