// podling service endpoints with a real master: the list, and its changes on a terminal, in a pipe and as JSON.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import type { EndpointList } from "../../src/model/service/endpoint.ts";
import { Cluster, commandsOf, until } from "./harness.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = new Cluster();
  await cluster.node("n1", { capacity: 1000, address: "10.0.0.5", features: ["node-address"] });
});
afterAll(() => cluster.stop());

const quick = "--min-ready 0s --monitor 0s --drain 0s -d";
const { ok, podling } = commandsOf(() => cluster);
const replicas = async (name: string): Promise<TaskView[]> => JSON.parse(await ok(`service ps ${name} -o json`));
/** The replica of the slot serves, on this port of its node. */
async function serve(name: string, slot: number, hostPort: number): Promise<void> {
  const task = (await replicas(name)).find((one) => one.name === `${name}.${slot}`)!;
  const publishedPorts = [{ hostIp: "10.0.0.5", hostPort, containerPort: 80, protocol: "tcp" as const }];
  await cluster.report(task.taskId, { status: "running", ready: true, containerId: "c0ffee", publishedPorts });
}

test("a table, and JSON", async () => {
  await ok(`service create web --image app --replicas 2 -p 80 ${quick}`);
  await serve("web", 1, 49153);
  const table = await ok("service endpoints web");
  expect(table).toMatch(
    /^SLOT +ENDPOINTS +NODE +REVISION +STATE +ID\nweb\.1 +10\.0\.0\.5:49153->80\/tcp +n1 +1 +ready/,
  );
  expect(table.trim().split("\n").length).toBe(2);
  const list = JSON.parse(await ok("service endpoints web -o json")) as EndpointList;
  expect(list.endpoints).toMatchObject([{ name: "web.1", address: "10.0.0.5", draining: false }]);
});

test("create says who can reach the ports of a service, and nothing for ports of 127.0.0.1", async () => {
  const open = await podling(`service create open --image app -p 80 ${quick}`);
  expect(open.err).toContain("every machine that reaches its nodes");
  expect(open.err).toContain("podling service endpoints open");
  const closed = await podling(`service create closed --image app -p 127.0.0.1::80 ${quick}`);
  expect(closed.err).not.toContain("reaches");
});

test("-w in a pipe: a line for each change, until the service is removed", async () => {
  await ok(`service create piped --image app --replicas 2 -p 80 ${quick} --drain 1m`);
  await serve("piped", 1, 49201);
  const running = cluster.start("service endpoints piped -w");
  await until(() => running.out().includes("piped.1 ready at 10.0.0.5:49201->80/tcp on n1, revision 1\n"));
  await serve("piped", 2, 49202);
  await until(() => running.out().includes("piped.2 ready at 10.0.0.5:49202"));
  await ok("service scale piped=1 -d");
  await until(() => running.out().includes("piped.2 draining at 10.0.0.5:49202"));
  await ok("service rm piped");
  await until(() => running.out().includes("piped.1 gone\n") && running.out().includes("piped.2 gone\n"));
  expect((await running.ended).code).toBe(0);
  expect(running.err()).toContain("was removed");
});

test("-w -o json: each event as a line", async () => {
  await ok(`service create lines --image app --replicas 1 -p 80 ${quick}`);
  const running = cluster.start("service endpoints lines -w -o json");
  await until(() => running.out().includes("\n"));
  await serve("lines", 1, 49301);
  await until(() => running.out().includes('"endpoint"'));
  await ok("service rm lines");
  await running.ended;
  const events = running
    .out()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(events.map(({ event }) => event)).toEqual(["sync", "endpoint", "gone"]);
  expect(events[1]).toMatchObject({ name: "lines.1", ports: [{ hostPort: 49301 }] });
});

test("-w on a terminal: the table in place", async () => {
  await ok(`service create screen --image app --replicas 1 -p 80 ${quick}`);
  const running = cluster.start("service endpoints screen -w", { terminal: 80, env: { NO_COLOR: "1" } });
  await until(() => running.out().includes("no endpoints\n"));
  await serve("screen", 1, 49401);
  await until(() => /\[1A\r.\[J.*screen\.1 +10\.0\.0\.5:49401/s.test(running.out()));
  await ok("service rm screen");
  expect((await running.ended).code).toBe(0);
});

test("of an unknown service: 1", async () => {
  for (const line of ["service endpoints nothing", "service endpoints nothing -w"]) {
    const { code, err } = await podling(line);
    expect(code).toBe(1);
    expect(err).toContain('there is no service "nothing"');
  }
});
