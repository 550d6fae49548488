// Lists and watches of a big cluster: 100,000 tasks page by page, and every change sent to one and to 100 watchers while
// 32 clients create tasks.

import { resolve } from "node:path";
import type { MasterProcess } from "../../tools/lab/cluster.ts";
import { addressOf, type Bench, createTasks } from "../bench.ts";
import type { Row } from "../report.ts";
import { samplesOf, seconds } from "../samples.ts";

const PAGE = 10_000;

export async function list(bench: Bench): Promise<Row[]> {
  const tasks = bench.count(100_000, 10_000);
  const section = `list: ${tasks.toLocaleString("en")} tasks`;
  const master = await bench.masterWithNodes(20);
  await createTasks(master, tasks);
  const rounds = bench.count(5, 2);
  const pages: number[] = [];
  await allPages(master);
  for (let round = 0; round < rounds; round++) pages.push(await seconds(() => allPages(master)));
  const rows: Row[] = [{ section, what: `all of them, in pages of ${PAGE}`, unit: "s", ours: samplesOf(pages) }];
  for (const [watchers, creates] of [
    [0, bench.count(20_000, 2_000)],
    [1, bench.count(20_000, 2_000)],
    [100, bench.count(2_000, 500)],
  ] as const) {
    rows.push(...(await watched(master, section, watchers, creates, rounds)));
  }
  await master.kill();
  return rows;
}

/** Follows the Link headers, as clients do. */
async function allPages(master: MasterProcess): Promise<void> {
  let path: string | undefined = `/api/v1/tasks?limit=${PAGE}`;
  while (path !== undefined) {
    const answer: Response = await master.fetch(path);
    await answer.arrayBuffer();
    path = /<([^>]+)>; rel="next"/.exec(answer.headers.get("link") ?? "")?.[1];
  }
}

async function watched(
  master: MasterProcess,
  section: string,
  watchers: number,
  creates: number,
  rounds: number,
): Promise<Row[]> {
  const created: number[] = [];
  const sent: number[] = [];
  let cut = 0;
  for (let round = 0; round < rounds; round++) {
    const result = await watchOnce(master, watchers, creates, `watch-${watchers}-${round}`);
    created.push(result.createsPerSecond);
    sent.push(result.eventsPerSecond);
    cut += result.cut;
  }
  const who = watchers === 1 ? "1 watcher" : `${watchers} watchers`;
  const rows: Row[] = [{ section, what: `creates with ${who}`, unit: "/s", ours: samplesOf(created) }];
  if (watchers === 0) return rows;
  const note = cut === 0 ? {} : { note: `${cut} were cut off as too slow; clients would resume` };
  return [...rows, { section, what: `events sent to ${who}`, unit: "/s", ours: samplesOf(sent), ...note }];
}

async function watchOnce(master: MasterProcess, watchers: number, creates: number, prefix: string) {
  const { host, port } = addressOf(master);
  const script = resolve(import.meta.dir, "../watch-child.ts");
  const command = [process.execPath, script, host, String(port), String(watchers), String(creates)];
  const child = watchers === 0 ? null : Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
  try {
    const lines = child === null ? null : linesOf(child.stdout);
    if (lines !== null && (await lines.next()).value !== "listening") throw new Error("the watchers did not listen");
    const { perSecond } = await createTasks(master, creates, prefix);
    if (lines === null) return { createsPerSecond: perSecond, eventsPerSecond: 0, cut: 0 };
    const said = JSON.parse((await lines.next()).value ?? "{}") as { seconds: number; cut: number };
    const events = (watchers - said.cut) * creates;
    return { createsPerSecond: perSecond, eventsPerSecond: events / said.seconds, cut: said.cut };
  } finally {
    child?.kill("SIGKILL");
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  let text = "";
  for await (const chunk of stream) {
    text += new TextDecoder().decode(chunk);
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
      yield text.slice(0, end);
      text = text.slice(end + 1);
    }
  }
  return undefined;
}
