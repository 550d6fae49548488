// What a master really answers fits what openapi.json says of it, field by field, and no field is left out there.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { watchEventType } from "../../src/api/views/stream-events.ts";
import { watchedKinds } from "../../src/model/kinds/kinds.ts";
import { TestMaster } from "./in-process.ts";
import { faults, unspoken } from "./json-schema.ts";

type Schema = Record<string, unknown>;
let podling: TestMaster;
let document: Schema & { components: { schemas: Record<string, Schema> } };

beforeAll(async () => {
  podling = new TestMaster();
  document = await podling.do("GET", "/openapi.json");
});
afterAll(() => podling.stop());

function expectFits(name: string, answer: unknown): void {
  const schema = document.components.schemas[name]!;
  expect(faults(schema, answer, document)).toEqual([]);
  expect(unspoken(schema, answer, document)).toEqual([]);
}

const everything = {
  command: ["sh"],
  args: ["-c", "true"],
  env: { A: "b", EMPTY: "" },
  labels: { "example.org/team": "red" },
  ports: [{ containerPort: 80 }, { containerPort: 53, hostPort: 5353, protocol: "udp", hostIp: "0.0.0.0" }],
  resources: { cpu: { request: "100m", limit: 1 }, memory: "64Mi" },
  mounts: [
    { type: "volume", source: "data", target: "/data", readOnly: true },
    { type: "bind", source: "/tmp", target: "/host" },
    { type: "tmpfs", target: "/scratch", sizeBytes: "1m" },
  ],
  restartPolicy: "on-failure:3",
  constraints: ["disk==ssd", "zone", "node!=n9"],
  stopGraceSeconds: 3,
  user: "1000:1000",
  workingDir: "/data",
  pullPolicy: "always",
  platform: "linux/amd64",
};

test("tasks: pending, placed, running, completed, and in lists", async () => {
  expectFits("Task", await podling.create("bare"));
  const full = await podling.create("full", everything);
  expectFits("Task", full);
  const node = await podling.register("n1", {
    labels: { disk: "ssd", zone: "a" },
    cpu: 4,
    memory: "8g",
    engine: { name: "docker", version: "28.0", os: "linux", arch: "amd64" },
  });
  expectFits("Node", node);
  expectFits("Node", await podling.register("n2", { engineError: "the engine is away" }));
  expectFits("NodeList", await podling.do("GET", "/api/v1/nodes"));
  const placed = await podling.task(full.taskId);
  expect(placed.status).toBe("scheduled");
  expectFits("Task", placed);
  const publishedPorts = [{ hostIp: "127.0.0.1", hostPort: 32768, containerPort: 80, protocol: "tcp" }];
  expectFits("Task", await podling.report(full, "running", { containerId: "abc", publishedPorts }));
  expectFits("Task", await podling.report(full, "completed", { exitCode: 0, oomKilled: false }));
  expectFits("TaskList", await podling.do("GET", "/api/v1/tasks"));
});

test("explanations: of a placed and of a pending task", async () => {
  const placed = await podling.create("placed");
  expectFits("Explanation", await podling.do("GET", `/api/v1/tasks/${placed.taskId}/explanation`));
  const pending = await podling.create("pending", { constraints: ["disk==floppy"], resources: { memory: "1t" } });
  const explanation = await podling.do("GET", `/api/v1/tasks/${pending.taskId}/explanation`);
  expectFits("Explanation", explanation);
  expect(explanation).toMatchObject({ status: "pending", chosenNodeId: null, smallestChange: expect.any(String) });
});

test("heartbeats, health, version and errors", async () => {
  expectFits("HeartbeatAnswer", await podling.do("POST", "/api/v1/nodes/n1/heartbeat", {}));
  expectFits("Health", await podling.do("GET", "/health"));
  expectFits("Health", await podling.do("GET", "/ready"));
  expectFits("Version", await podling.do("GET", "/version"));
  expectFits("Error", (await podling.ask("GET", "/api/v1/tasks/none")).body);
  expectFits("Error", (await podling.ask("GET", "/nowhere")).body);
});

test("watch events: of every kind of the table, created, updated and removed", async () => {
  const tap = await podling.stream("/api/v1/watch");
  const node = await podling.register("watched");
  const { taskId } = await podling.create("watched");
  await podling.do("POST", `/api/v1/tasks/${taskId}/stop`);
  await podling.do("POST", `/api/v1/nodes/${node.nodeId}/cordon`);
  await podling.do("POST", `/api/v1/nodes/${node.nodeId}/deregister`);
  await podling.do("DELETE", `/api/v1/tasks/${taskId}`);
  await podling.do("PUT", "/api/v1/services/watched", { name: "watched", image: "nginx" });
  await podling.do("POST", "/api/v1/services/watched/scale?replicas=2");
  await podling.do("DELETE", "/api/v1/services/watched");
  await podling.do("POST", "/api/v1/jobs", { name: "watched", image: "nginx" });
  await podling.do("POST", "/api/v1/jobs/watched/suspend");
  await podling.do("DELETE", "/api/v1/jobs/watched");
  await podling.do("POST", "/api/v1/schedules", { name: "watched", image: "nginx", cron: "0 3 * * *" });
  await podling.do("POST", "/api/v1/schedules/watched/suspend");
  await podling.do("DELETE", "/api/v1/schedules/watched");
  await podling.do("POST", "/api/v1/volumes", { name: "watched" });
  await podling.do("PUT", "/api/v1/volumes/watched", { writers: "many" });
  await podling.do("DELETE", "/api/v1/volumes/watched");
  for (const replicas of [1, 2])
    await podling.do("PUT", "/api/v1/apps/shop", { services: [{ name: "shop_web", image: "nginx", replicas }] });
  await podling.do("DELETE", "/api/v1/apps/shop");
  for (const noun of ["configs", "secrets"]) {
    await podling.do("POST", `/api/v1/${noun}`, { name: "watched", data: "one" });
    await podling.do("PUT", `/api/v1/${noun}/watched`, { data: "two" });
    await podling.do("DELETE", `/api/v1/${noun}/watched`);
  }
  for (const password of ["one", "two"])
    await podling.do("PUT", "/api/v1/registries/registry.example", { username: "someone", password });
  await podling.do("DELETE", "/api/v1/registries/registry.example");
  for (const kind of watchedKinds) {
    const removed = watchEventType(kind, "removed");
    await tap.next(removed, ({ data }) => data.type === removed);
  }
  tap.close();
  const events = tap.events.filter(({ event }) => event === "change").map(({ data }) => data);
  const operations = ["created", "updated", "removed"] as const;
  // Each version of a config or secret is a record of its own, and never changes.
  const unchanging = ["config.updated", "secret.updated"];
  const types = watchedKinds
    .flatMap((kind) => operations.map((operation) => watchEventType(kind, operation)))
    .filter((type) => !unchanging.includes(type));
  expect([...new Set(events.map(({ type }) => type))].sort()).toEqual(types.sort() as never);
  const described = document.components.schemas.WatchEvent!.anyOf as { properties: { type: { enum: string[] } } }[];
  for (const event of events) {
    const schema = described.filter(({ properties }) => properties.type.enum.includes(event.type as string));
    expect(schema).toHaveLength(1);
    expect([event.type, ...faults(schema[0]!, event, document)]).toEqual([event.type]);
    expect([event.type, ...unspoken(schema[0]!, event, document)]).toEqual([event.type]);
  }
});
