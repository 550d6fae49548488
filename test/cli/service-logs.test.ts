// podling service logs: the output of all replicas, with their names, also of those that a rollout starts.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { errorFrame } from "../../src/lib/frames.ts";
import { Cluster, commandsOf, frame, framed, logServer, until } from "./harness.ts";
import { playWorker, serviceLines } from "./playing-worker.ts";

let cluster: Cluster;
let endWorker: () => Promise<void>;
let worker: ReturnType<typeof logServer>;
/** What the container of a task has written, by the id of the task. */
const written = new Map<string, () => Response>();
const asked: { taskId: string; query: URLSearchParams }[] = [];

beforeAll(async () => {
  worker = logServer((query, path) => {
    const taskId = path.split("/").at(-2)!;
    asked.push({ taskId, query });
    return written.get(taskId)?.() ?? framed(frame("stdout", `output of ${taskId}\n`));
  });
  cluster = new Cluster();
  endWorker = await playWorker(cluster, { port: worker.port, address: "127.0.0.1" });
});
afterAll(async () => {
  await endWorker();
  await cluster.stop();
  worker.stop();
});

const { ok, podling } = commandsOf(() => cluster);
const { ps, steady } = serviceLines(ok);

test("each line of each replica has its name and node, also in pieces and without a line end", async () => {
  await steady("web", "--replicas 2");
  const [first, second] = await ps("web");
  written.set(first!.taskId, () =>
    framed(frame("stdout", "one\ntw"), frame("stderr", "warning\n"), frame("stdout", "o\nrest")),
  );
  written.set(second!.taskId, () => framed(frame("stdout", "three\n")));
  expect(await podling("service logs web")).toEqual({
    code: 0,
    out: "web.1@n1 | one\nweb.1@n1 | two\nweb.1@n1 | rest\nweb.2@n1 | three\n",
    err: "web.1@n1 | warning\n",
  });
});

test("-n, --since and -t are asked of each replica", async () => {
  await steady("flags", "--replicas 2");
  asked.length = 0;
  await ok("service logs -n 5 -t --since 10m flags");
  expect(asked.map(({ query }) => [query.get("tail"), query.get("timestamps"), query.has("since")])).toEqual([
    ["5", "true", true],
    ["5", "true", true],
  ]);
});

test("a replica whose log cannot be read does not hide the others", async () => {
  await steady("part", "--replicas 2");
  const [first] = await ps("part");
  written.set(first!.taskId, () => framed(frame("stdout", "begin\n"), errorFrame("the log is damaged")));
  const { code, out, err } = await podling("service logs part");
  expect(code).toBe(1);
  expect(out).toMatch(/^part\.1@n1 \| begin\npart\.2@n1 \| output of .*\n$/);
  expect(err).toContain("part.1@n1: ");
  expect(err).toContain("the log is damaged");
});

test("-f also shows the replicas that a rollout starts, and ends when the service is removed", async () => {
  await steady("live");
  const [before] = await ps("live");
  const following = podling("service logs -f live");
  await until(async () => asked.some(({ taskId }) => taskId === before!.taskId));
  await ok("service restart live");
  const [after] = await ps("live");
  await until(async () => asked.some(({ taskId }) => taskId === after!.taskId));
  await ok("service rm live");
  const { code, out } = await following;
  expect(code).toBe(0);
  for (const { taskId } of [before!, after!]) expect(out).toContain(`live.1@n1 | output of ${taskId}\n`);
});

test("a service that there is not", async () => {
  const { code, err } = await podling("service logs nothing");
  expect(code).toBe(1);
  expect(err).toContain('there is no service "nothing"');
});
