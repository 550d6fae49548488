// Runs the command line in the test process against a real master on a real socket, with captured outputs. Tests act as
// the workers.

import { expect } from "bun:test";
import { join } from "node:path";
import { Client } from "../../src/api/client.ts";
import type { BodyInput } from "../../src/api/operations/operations.ts";
import type { TaskView } from "../../src/api/views/task.ts";
import { BrokenPipeError, type Io, type Output } from "../../src/cli/command/io.ts";
import type {
  MasterSettings,
  RestoreSettings,
  Roles,
  UpScreen,
  UpSettings,
  WorkerSettings,
} from "../../src/cli/command/roles.ts";
import { runCli } from "../../src/cli/command/run-cli.ts";
import { spawnSelf } from "../../src/cli/command/spawn-self.ts";
import { openMemoryJournal } from "../../src/journal/memory/memory-journal.ts";
import { MemoryKeys } from "../../src/keys/memory-keys.ts";
import { type Clock, systemClock } from "../../src/lib/clock.ts";
import { framedMediaType } from "../../src/lib/frames.ts";
import { silentLog } from "../../src/lib/log.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { restoreJournal } from "../../src/master/backup/restores.ts";
import { startMaster } from "../../src/master/master.ts";
import type { Explanation } from "../../src/model/explanation.ts";
import type { Node } from "../../src/model/node/node.ts";
import type { Checker } from "../../src/sim/checkers/checker.ts";
import { createSimulator } from "../../src/sim/run/simulator.ts";

const version = { version: "1.2.3", commit: "abcdef", api: "v1" } as const;

export interface Ran {
  code: number;
  out: string;
  err: string;
}

export interface Asked {
  env?: Record<string, string>;
  /** The width of a terminal for stdout, stderr and stdin. Undefined for pipes. */
  terminal?: number;
  /** Lines of input. */
  typed?: string[];
  clock?: Clock;
  ownAddresses?: readonly string[];
  fetch?: Io["fetch"];
  /** The reader of stdout closes it after this many writes. */
  readerLeavesAfter?: number;
  files?: Record<string, string>;
  /** Those of `files` that other users may read. */
  openFiles?: readonly string[];
  /** Receives the contents of written files, by path. */
  written?: Record<string, string>;
  /** Additional checkers for simulated runs. */
  checkers?: readonly Checker[];
  spawn?: Io["spawn"];
}

/** A line, or a list of words. */
export type Line = string | readonly string[];

/** The commands of a test file with one cluster. No output of them may show an undefined value or a stack. */
export function commandsOf(cluster: () => Cluster) {
  async function podling(line: Line, asked?: Asked): Promise<Ran> {
    const ran = await cluster().podling(line, asked);
    for (const text of [ran.out, ran.err])
      expect(text).not.toMatch(/undefined|\[object |NaN|null\b(?!,|\n)|\n {4}at |TypeError/);
    return ran;
  }
  /** The output of a command that must end with 0. */
  async function ok(line: Line, asked?: Asked): Promise<string> {
    const { code, out, err } = await podling(line, asked);
    if (code !== 0) throw new Error(`podling ${line}: ${code} ${err}`);
    return out;
  }
  return { podling, ok };
}

/** A running command: its outputs so far, and Ctrl-C. */
export interface Running {
  out: () => string;
  err: () => string;
  interrupt: () => void;
  /** False when Ctrl-C would end the process. */
  handlesInterrupt: () => boolean;
  ended: Promise<Ran>;
}

export const settings: {
  master?: MasterSettings;
  worker?: WorkerSettings;
  up?: UpSettings;
  screen?: UpScreen | null;
  /** Stands for the processes of `up`. */
  asUp?: ((screen: UpScreen | null) => Promise<number>) | undefined;
  restore?: RestoreSettings;
} = {};

const main = join(import.meta.dir, "../../src/main.ts");

const roles: Omit<Roles, "simulator"> = {
  master: async (asked) => {
    settings.master = asked;
    return 0;
  },
  worker: async (asked) => {
    settings.worker = asked;
    return 0;
  },
  up: async (asked, screen) => {
    settings.up = asked;
    settings.screen = screen;
    return (await settings.asUp?.(screen)) ?? 0;
  },
  restore: async (asked, backup) => {
    settings.restore = asked;
    return restoreJournal({ journal: openMemoryJournal(), clock: systemClock }, backup, asked);
  },
  askEngine: (_, path) => engine.answer(path),
  inspectEngine: async () => ({ fault: engine.fault, imageFolders: engine.imageFolders }),
  lockHolder: (path) => engine.lockHolder(path),
};

/** The engine and the file locks that doctor sees. */
export const engine: {
  answer: Roles["askEngine"] extends (host: string, ...more: infer M) => infer R ? (...more: M) => R : never;
  lockHolder: Roles["lockHolder"];
  /** Why it starts no container. */
  fault: string | null;
  /** Where its images may be. */
  imageFolders: readonly string[];
} = {
  answer: async () => ({}),
  lockHolder: () => null,
  fault: null,
  imageFolders: [],
};

export function start(argv: readonly string[], asked: Asked = {}): Running {
  const stdout = kept(asked.terminal, asked.readerLeavesAfter);
  const stderr = kept(asked.terminal);
  let onInterrupt: (() => void) | null = null;
  const typed = [...(asked.typed ?? [])];
  const io: Io = {
    stdout,
    stderr,
    stdinIsTty: asked.terminal !== undefined,
    readLine: async () => typed.shift() ?? null,
    readFile: async (path) => {
      const text = asked.files?.[path];
      if (text === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
      return text;
    },
    readBytes: async (path) => {
      const text = path === null ? asked.typed?.join("\n") : asked.files?.[path];
      if (text === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
      return Buffer.from(text);
    },
    othersMayRead: (path) => asked.openFiles?.includes(path) ?? false,
    writePrivateFile(path, text) {
      if (!asked.files) throw new Error("no such folder");
      asked.files[path] = text;
    },
    createFile(path) {
      const { written } = asked;
      if (!written) throw new Error("no such folder");
      written[path] = "";
      return {
        write: (text) => {
          written[path] += text;
        },
        close() {},
      };
    },
    spawn: asked.spawn ?? ((words) => spawnSelf(words, main)),
    cores: 2,
    user: "tester@test",
    env: { LANG: "C.UTF-8", HOME: "/home/user", ...asked.env },
    cwd: () => "/home/user/shop",
    isRoot: false,
    ownAddresses: () => asked.ownAddresses ?? ["127.0.0.1"],
    clock: asked.clock ?? systemClock,
    onInterrupt(handler) {
      onInterrupt = handler;
      return () => {
        onInterrupt = null;
      };
    },
    fetch: asked.fetch ?? ((url, init) => fetch(url, init)),
    version,
  };
  const simulator = async () => createSimulator(asked.checkers);
  const ended = runCli(argv, io, { ...roles, simulator }).then((code) => ({
    code,
    out: stdout.text(),
    err: stderr.text(),
  }));
  return {
    out: () => stdout.text(),
    err: () => stderr.text(),
    interrupt: () => onInterrupt?.(),
    handlesInterrupt: () => onInterrupt !== null,
    ended,
  };
}

/** `podling("ps -a")`, or a list of words. */
export function podling(line: string | readonly string[], asked: Asked = {}): Promise<Ran> {
  return start(typeof line === "string" ? line.split(" ").filter((word) => word !== "") : line, asked).ended;
}

function kept(terminal: number | undefined, leavesAfter = Number.POSITIVE_INFINITY): Output & { text(): string } {
  let text = "";
  let writes = 0;
  const decoder = new TextDecoder();
  return {
    isTty: terminal !== undefined,
    columns: () => terminal ?? 80,
    rows: () => 24,
    async write(data) {
      if (++writes > leavesAfter) throw new BrokenPipeError();
      text += typeof data === "string" ? data : decoder.decode(data, { stream: true });
    },
    text: () => text,
  };
}

/** An empty master, with helpers that act as workers. */
export class Cluster {
  readonly url: string;
  readonly client: Client;
  readonly #stop: () => Promise<void>;

  constructor(token: string | null = null, clock: Clock = systemClock) {
    const master = startMaster({
      journal: openMemoryJournal(),
      clock,
      random: systemRandom,
      log: silentLog,
      version,
      strategy: "round-robin",
      token,
      keys: new MemoryKeys((bytes) => crypto.getRandomValues(new Uint8Array(bytes))),
      allowedHosts: [],
      onFatal: (error) => {
        throw error;
      },
    });
    this.url = master.listen("127.0.0.1", 0).url;
    this.client = new Client({ baseUrl: this.url, token: token ?? undefined });
    this.#stop = () => master.stop();
  }

  stop(): Promise<void> {
    return this.#stop();
  }

  podling(line: string | readonly string[], asked: Asked = {}): Promise<Ran> {
    return this.start(line, asked).ended;
  }

  start(line: string | readonly string[], asked: Asked = {}): Running {
    const words = typeof line === "string" ? line.split(" ").filter((word) => word !== "") : line;
    return start(words, { ...asked, env: { PODLING_MASTER_URL: this.url, ...asked.env } });
  }

  async node(hostname: string, more: Partial<BodyInput<"registerNode">> = {}): Promise<Node> {
    const outcome = await this.client.call("registerNode", { body: { hostname, port: 1, capacity: 10, ...more } });
    if (!outcome.ok) throw new Error(outcome.refusal.message);
    return outcome.value!;
  }

  async create(name: string, more: Partial<BodyInput<"createTask">> = {}): Promise<TaskView> {
    const outcome = await this.client.call("createTask", { body: { name, image: "nginx", ...more } });
    if (!outcome.ok) throw new Error(outcome.refusal.message);
    return outcome.value!;
  }

  async report(id: string, report: BodyInput<"reportTask">): Promise<TaskView> {
    const outcome = await this.client.call("reportTask", { id, body: report });
    if (!outcome.ok) throw new Error(outcome.refusal.message);
    return outcome.value!;
  }

  /** Removes the record at once; there is no container to wait for. */
  async remove(id: string): Promise<void> {
    const outcome = await this.client.call("deleteTask", { id, query: { force: true } });
    if (!outcome.ok) throw new Error(outcome.refusal.message);
  }

  async task(id: string): Promise<TaskView | null> {
    const outcome = await this.client.call("getTask", { id });
    return outcome.ok ? outcome.value : null;
  }

  async explanation(id: string): Promise<Explanation> {
    const outcome = await this.client.call("explainTask", { id });
    if (!outcome.ok) throw new Error(outcome.refusal.message);
    return outcome.value!;
  }

  /** Creates a task and reports it as running. */
  async running(name: string, more: Partial<BodyInput<"createTask">> = {}): Promise<TaskView> {
    const { taskId } = await this.create(name, more);
    return this.report(taskId, { status: "running", containerId: "c0ffee", reason: runs });
  }
}

export const runs = { code: "running", message: "running" } as const;

/** Polls a condition for at most ten seconds. */
export async function until<T>(look: () => T | Promise<T>): Promise<NonNullable<T>> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const found = await look();
    if (found) return found as NonNullable<T>;
    if (Date.now() > deadline) throw new Error("the condition was not met within ten seconds");
    await Bun.sleep(5);
  }
}

/** A worker's log server: answers `GET /tasks/ID/logs` with the response of the test. */
export function logServer(answer: (query: URLSearchParams, path: string) => Response): {
  port: number;
  stop: () => void;
} {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: ({ url }) => answer(new URL(url).searchParams, new URL(url).pathname),
  });
  return { port: server.port!, stop: () => void server.stop(true) };
}

export function frame(stream: "stdout" | "stderr", text: string): Uint8Array {
  const payload = new TextEncoder().encode(text);
  const bytes = new Uint8Array(8 + payload.length);
  bytes[0] = stream === "stdout" ? 1 : 2;
  new DataView(bytes.buffer).setUint32(4, payload.length);
  bytes.set(payload, 8);
  return bytes;
}

export function framed(...frames: Uint8Array[]): Response {
  return new Response(new Blob(frames as Uint8Array<ArrayBuffer>[]), { headers: { "content-type": framedMediaType } });
}
