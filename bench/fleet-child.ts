// A process of many simulated workers: each registers, opens its stream of assignments if it is one of the first `streams`,
// and sends heartbeats, over one connection, at the interval that the master asks for: over a stream, or as requests if the master has none, as
// release 0.1.0. It runs no containers. It reads commands from stdin, one a line ("go", "mark", "stats"), and writes one
// line of JSON for each event to stdout.

import { openSocketStream } from "../src/api/socket-stream.ts";
import type { DuplexStream } from "../src/lib/duplex.ts";
import { limits } from "../src/model/limits.ts";
import { httpRequest } from "./http-load.ts";
import { Wire } from "./wire.ts";

const [host, portText, firstText, countText, streamsText] = process.argv.slice(2) as string[];
const port = Number(portText);
const first = Number(firstText);
const count = Number(countText);
const streams = Number(streamsText);

const retryMaxMs = 5_000;

let latencies: number[] = [];
let failures: Record<string, number> = {};
let openStreams = 0;
let registered = 0;
/** Workers without an answered heartbeat since the mark. */
let unanswered = new Set<number>();

function failed(error: unknown): void {
  const { message } = error as Error;
  failures[message] = (failures[message] ?? 0) + 1;
}

function say(what: object): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

/** Does as a real worker: registers, with retries, and then sends heartbeats. */
async function live(number: number): Promise<void> {
  const wire = new Wire(host!, port);
  const nodeId = await register(wire, number);
  if (++registered === count) say({ event: "registered" });
  if (number - first < streams) void follow(nodeId);
  const path = `/api/v1/nodes/${nodeId}/heartbeat`;
  let intervalMs: number = limits.heartbeatMinMs;
  let stream: DuplexStream | null = null;
  let hasStreams = true;
  for (;;) {
    await Bun.sleep(intervalMs);
    const sentAt = performance.now();
    try {
      const text: string = stream ? await beat(stream) : await beatByRequest(wire, path);
      latencies.push(performance.now() - sentAt);
      if (text !== "\n") intervalMs = (JSON.parse(text) as { nextHeartbeatMs: number }).nextHeartbeatMs;
      if (unanswered.delete(number) && unanswered.size === 0) say({ event: "answered" });
    } catch (error) {
      failed(error);
      intervalMs = limits.heartbeatMinMs;
      stream = null;
      hasStreams = true;
      continue;
    }
    if (stream || !hasStreams) continue;
    stream = await openSocketStream(`http://${host}:${port}${path}`, {}, new AbortController().signal).catch(
      () => null,
    );
    hasStreams = stream !== null;
    if (stream) wire.close();
  }
}

const oneBeat = Uint8Array.of(0x2e);

/** The answer's line, which is empty if it is the same as before. */
async function beat(stream: DuplexStream): Promise<string> {
  await stream.write(oneBeat);
  const bytes = await stream.read();
  if (bytes === null) throw new Error("the master ended the stream");
  return new TextDecoder().decode(bytes);
}

async function beatByRequest(wire: Wire, path: string): Promise<string> {
  const { status, body } = await wire.ask("POST", path, "{}", "prefer: return=minimal\r\n");
  if (status !== 200) throw new Error(body);
  return body;
}

async function register(wire: Wire, number: number): Promise<string> {
  const body = JSON.stringify({
    hostname: `worker-${number}`,
    port: 8081,
    address: "127.0.0.1",
    capacity: 100,
    cpu: 8,
    memory: 2 ** 34,
    labels: { zone: `z${number % 3}` },
    engine: { name: "docker", version: "28.0.0", os: "linux", arch: "amd64" },
    version: "bench",
  });
  let pauseMs: number = limits.retryInitialMs;
  for (;;) {
    try {
      const answer = await wire.ask("POST", "/api/v1/nodes/register", body);
      if (answer.status === 201) return (JSON.parse(answer.body) as { nodeId: string }).nodeId;
      throw new Error(answer.body);
    } catch (error) {
      failed(error);
      await Bun.sleep(pauseMs);
      pauseMs = Math.min(pauseMs * 2, retryMaxMs);
    }
  }
}

async function follow(nodeId: string): Promise<void> {
  let pauseMs: number = limits.retryInitialMs;
  for (;;) {
    const opened = await followOnce(nodeId);
    pauseMs = opened ? limits.retryInitialMs / 5 : Math.min(pauseMs * 2, retryMaxMs);
    await Bun.sleep(pauseMs);
  }
}

/** Resolves when the stream ends, with true if it had begun. */
function followOnce(nodeId: string): Promise<boolean> {
  return new Promise((resolve) => {
    let open = false;
    const end = () => {
      if (open) openStreams--;
      resolve(open);
    };
    Bun.connect<undefined>({
      hostname: host!,
      port,
      socket: {
        open: (socket) => void socket.write(httpRequest("GET", `/api/v1/nodes/${nodeId}/assignments`)),
        data() {
          if (!open) openStreams++;
          open = true;
        },
        close: end,
        error() {},
      },
    }).catch(end);
  });
}

say({ event: "ready" });
for await (const chunk of Bun.stdin.stream()) {
  for (const command of new TextDecoder().decode(chunk).trim().split("\n")) {
    if (command === "go") for (let number = first; number < first + count; number++) void live(number);
    if (command === "mark") unanswered = new Set(Array.from({ length: count }, (_, i) => first + i));
    if (command === "stats") {
      say({ event: "stats", latencies, failures, openStreams });
      latencies = [];
      failures = {};
    }
  }
}
process.exit(0);
