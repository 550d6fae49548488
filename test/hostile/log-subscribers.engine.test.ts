// A hundred subscribers of one log, through a real master and a real worker on a real engine: each gets every line, slow
// ones delay no other, and logs leave connections for everything else that master and worker ask of others.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import { describeLab } from "../../tools/lab/available.ts";
import { until } from "../../tools/lab/until.ts";
import { World } from "../worker/world.ts";

const subscriberCount = 100;
const lineCount = 2_000;
/** Also on a machine that is busy with other tests. */
const startMs = 60_000;

describeLab("logs with many subscribers", () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
  });
  afterAll(() => world?.down());

  const metric = async (name: string) => {
    const text = await (await world.master.fetch("/metrics")).text();
    return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1] ?? Number.NaN);
  };

  const run = async (name: string, script: string) =>
    world.reaches(await world.create(name, script), "running", startMs);

  /** Follows over a socket of its own: a test process carries 256 requests at once. */
  function follow({ taskId }: TaskView, { unread = false } = {}): Promise<LogSubscriber> {
    return LogSubscriber.open(world.master.port, `/api/v1/tasks/${taskId}/logs?follow=true`, unread);
  }

  const lines = (count: number) => Array.from({ length: count }, (_, i) => `line ${i}\n`).join("");

  test(`${subscriberCount} subscribers of one log each get every line, whenever they came`, async () => {
    const pace = `i=0; while [ $i -lt ${lineCount} ]; do echo line $i; i=$((i+1)); [ $((i%100)) = 0 ] && sleep 0.1; done`;
    const task = await run("loved", `sleep 1; ${pace}; sleep 1`);
    const subscribers: LogSubscriber[] = [];
    for (let i = 0; i < subscriberCount; i += 10) {
      subscribers.push(...(await Promise.all(Array.from({ length: 10 }, () => follow(task)))));
    }
    await until("all to follow", async () => (await metric("podling_log_readers")) === subscriberCount);
    expect(await metric("podling_log_feeds")).toBe(1);
    expect((await world.node()).status).toBe("online");
    const texts = await Promise.all(subscribers.map((one) => one.ended));
    expect(texts.filter((text) => text !== lines(lineCount)).length).toBe(0);
    await world.reaches(task, "completed", startMs);
    await until("no log to be read", async () => (await metric("podling_log_readers")) === 0);
    expect(await metric("podling_log_feeds")).toBe(0);
  }, 120_000);

  test("subscribers that do not read delay no other and cost little, and get every line when they read again", async () => {
    const long = "x".repeat(1000);
    const many = 12_000;
    const task = await world.run(
      "loud",
      `i=0; while [ $i -lt ${many} ]; do echo $i ${long}; i=$((i+1)); done; sleep 300`,
    );
    const unread = await Promise.all(Array.from({ length: 20 }, () => follow(task, { unread: true })));
    const quick = await follow(task);
    const before = await metric("process_resident_memory_bytes");
    const last = `${many - 1} ${long}\n`;
    await until("the quick one to have all", () => quick.text.endsWith(last), 60_000);
    const expected = Array.from({ length: many }, (_, i) => `${i} ${long}\n`).join("");
    expect(quick.text === expected).toBe(true);
    const grown = (await metric("process_resident_memory_bytes")) - before;
    process.stderr.write(`12 MB of log and 20 readers that do not read: ${(grown / 2 ** 20).toFixed(0)} MiB grown\n`);
    expect(grown).toBeLessThan(128 * 1024 * 1024);
    for (const one of unread.slice(0, 3)) {
      one.listen();
      await until("a slow one to have all", () => one.text.length >= expected.length, 60_000);
      expect(one.text === expected).toBe(true);
    }
    for (const one of [...unread, quick]) one.leave();
    await until("no log to be read", async () => (await metric("podling_log_feeds")) === 0);
    await world.master.json("DELETE", `/api/v1/tasks/${task.taskId}?force=true`);
  }, 240_000);

  test("a line longer than the engine's buffer arrives whole, without the times that the master asks for", async () => {
    const task = await world.reaches(
      await world.create("long", "head -c 100000 /dev/zero | tr '\\0' 'y'; echo; printf 'no end'"),
      "completed",
      startMs,
    );
    expect(await (await world.logs(task)).text()).toBe(`${"y".repeat(100_000)}\nno end`);
    expect(await (await world.logs(task, "?follow=true")).text()).toBe(`${"y".repeat(100_000)}\nno end`);
  }, 60_000);
});

/** A reader of one answer in chunks, over a bare socket. */
class LogSubscriber {
  text = "";
  #raw = "";
  #socket!: Bun.Socket<undefined>;
  #end!: () => void;
  readonly ended: Promise<string>;

  constructor() {
    this.ended = new Promise((resolve) => {
      this.#end = () => resolve(this.text);
    });
  }

  static async open(port: number, path: string, unread: boolean): Promise<LogSubscriber> {
    const subscriber = new LogSubscriber();
    subscriber.#socket = await Bun.connect<undefined>({
      hostname: "127.0.0.1",
      port,
      socket: {
        open(socket) {
          if (unread) socket.pause();
          socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
        },
        data: (_, chunk) => subscriber.#receive(chunk.toString("latin1")),
        close: () => subscriber.#end(),
        error() {},
      },
    });
    return subscriber;
  }

  listen(): void {
    this.#socket.resume();
  }

  leave(): void {
    this.#socket.terminate();
  }

  #receive(chunk: string): void {
    this.#raw += chunk;
    if (this.#raw.startsWith("HTTP/1.1 ")) {
      const end = this.#raw.indexOf("\r\n\r\n");
      if (end < 0) return;
      this.#raw = this.#raw.slice(end + 4);
    }
    const parts: string[] = [];
    let at = 0;
    for (;;) {
      const line = this.#raw.indexOf("\r\n", at);
      const length = line < 0 ? Number.NaN : Number.parseInt(this.#raw.slice(at, line), 16);
      if (Number.isNaN(length) || this.#raw.length < line + 4 + length) break;
      if (length === 0) this.#socket.end(); // the last chunk
      parts.push(this.#raw.slice(line + 2, line + 2 + length));
      at = line + 4 + length;
    }
    this.#raw = this.#raw.slice(at);
    this.text += parts.join("");
  }
}
