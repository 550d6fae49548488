// Every filter: one row for each case, with the message of the verdict.

import { expect, test } from "bun:test";
import type { FilterName } from "../../model/explanation.ts";
import type { NodeRecord } from "../../model/node/node.ts";
import type { Requirements } from "../../model/task/requirements.ts";
import { cluster, GiB, idOf, label, MiB, named, node, port, task } from "./test-cluster.ts";

interface Case {
  filter: FilterName;
  passes: boolean;
  says: string;
  /** What differs from the defaults of test-cluster.ts. */
  n2?: Partial<NodeRecord>;
  wants?: Requirements;
  /** Tasks that are placed on n2. */
  holds?: Requirements[];
  missing?: number;
}

const restricted = { binds: ["/srv"], privileged: false, hostNetwork: false, devices: false };
const host = task({ needs: { features: ["network"], hostNetwork: true } });
const ssd = { labels: { disk: "ssd" } };
const web = task({ ports: [port(8080)] });
const arm = { name: "docker", version: "27", os: "linux", arch: "arm64" };

const at = "2025-01-19T12:34:56.000Z";
const broken = { code: "connection-broken" as const, message: "its connection broke", since: at };
const damped = { losses: 4, lostAt: at, steadyUntil: "2025-01-19T12:36:00.000Z", steadyMs: 60_000 };

const cases: Case[] = [
  { filter: "online", passes: true, says: "n2 is online" },
  { filter: "online", passes: false, says: "n2 is offline", n2: { status: "offline" } },

  { filter: "steady", passes: true, says: "n2 is not suspect" },
  {
    filter: "steady",
    passes: false,
    says: "n2 is suspect: its connection broke at 12:34:56 UTC; it has 2.5 s to come back",
    n2: { suspect: { ...broken, message: "its connection broke at 12:34:56 UTC; it has 2.5 s to come back" } },
  },
  {
    filter: "steady",
    passes: true,
    says: "n2 was lost 4 times lately: gets tasks only if no steady node fits, until 12:36:00 UTC (60 s without a loss)",
    n2: { flapping: damped },
  },
  {
    filter: "steady",
    passes: false,
    says: "n2 is suspect: its connection broke",
    n2: { flapping: damped, suspect: broken },
  },
  {
    filter: "steady",
    passes: true,
    says: "n2 is not suspect",
    n2: { flapping: { ...damped, steadyUntil: null, steadyMs: 0 } },
  },

  { filter: "engine", passes: true, says: "the engine of n2 answers" },
  {
    filter: "engine",
    passes: false,
    says: "the engine of n2 does not answer: connection refused",
    n2: { engineError: "connection refused" },
  },

  { filter: "schedulable", passes: true, says: "n2 is not cordoned" },
  { filter: "schedulable", passes: false, says: "n2 is cordoned", n2: { schedulable: false } },

  { filter: "capacity", passes: true, says: "n2 has 1 of 2 tasks", n2: { capacity: 2 }, holds: [task()] },
  {
    filter: "capacity",
    passes: false,
    says: "n2 has 2 of 2 tasks",
    n2: { capacity: 2 },
    holds: [task(), task()],
    missing: 1,
  },
  {
    filter: "capacity",
    passes: false,
    says: "n2 has 3 of 1 tasks",
    n2: { capacity: 1 },
    holds: [task(), task(), task()],
    missing: 3,
  },

  {
    filter: "cpu",
    passes: true,
    says: "needs 0.5 cpu, n2 has 0.5 free of 4",
    wants: task({ cpu: 0.5 }),
    holds: [task({ cpu: 3.5 })],
  },
  {
    filter: "cpu",
    passes: false,
    says: "needs 0.5 cpu, n2 has 0.4 free of 4",
    wants: task({ cpu: 0.5 }),
    holds: [task({ cpu: 3.6 })],
    missing: 0.1,
  },
  { filter: "cpu", passes: true, says: "needs 64 cpu, n2 sets no limit", wants: task({ cpu: 64 }), n2: { cpu: 0 } },
  // The node is smaller than before: a task without a request still fits, one with a request waits for all of it.
  {
    filter: "cpu",
    passes: true,
    says: "needs 0 cpu, n2 has 0 free of 1",
    n2: { cpu: 1 },
    holds: [task({ cpu: 1.5 })],
  },
  {
    filter: "cpu",
    passes: false,
    says: "needs 0.1 cpu, n2 has 0 free of 1",
    n2: { cpu: 1 },
    holds: [task({ cpu: 1.5 })],
    wants: task({ cpu: 0.1 }),
    missing: 0.6,
  },

  {
    filter: "memory",
    passes: true,
    says: "needs 512 MiB, n2 has 512 MiB free of 2 GiB",
    wants: task({ memory: 512 * MiB }),
    holds: [task({ memory: 1.5 * GiB })],
  },
  {
    filter: "memory",
    passes: false,
    says: "needs 512 MiB, n2 has 310 MiB free of 2 GiB",
    wants: task({ memory: 512 * MiB }),
    holds: [task({ memory: (2048 - 310) * MiB })],
    missing: 202 * MiB,
  },
  {
    filter: "memory",
    passes: true,
    says: "needs 64 GiB, n2 sets no limit",
    wants: task({ memory: 64 * GiB }),
    n2: { memory: 0 },
  },

  { filter: "host-port", passes: true, says: "no fixed port", holds: [web] },
  {
    filter: "host-port",
    passes: true,
    says: "no fixed port",
    wants: task({ ports: [port(null)] }),
    holds: [web],
  },
  { filter: "host-port", passes: true, says: "port 8080/tcp free on n2", wants: web },
  { filter: "host-port", passes: false, says: "port 127.0.0.1:8080/tcp is taken on n2", wants: web, holds: [web] },
  {
    filter: "host-port",
    passes: true,
    says: "port 8080/udp free on n2",
    wants: task({ ports: [port(8080, "127.0.0.1", "udp")] }),
    holds: [web],
  },
  {
    filter: "host-port",
    passes: true,
    says: "port 8080/tcp free on n2",
    wants: task({ ports: [port(8080, "10.99.0.11")] }),
    holds: [web],
  },
  {
    filter: "host-port",
    passes: false,
    says: "port 0.0.0.0:8080/tcp is taken on n2",
    wants: task({ ports: [port(8080, "0.0.0.0")] }),
    holds: [web],
  },
  {
    filter: "host-port",
    passes: false,
    says: "port 127.0.0.1:8080/tcp is taken on n2",
    wants: web,
    holds: [task({ ports: [port(8080, "::")] })],
  },
  {
    filter: "host-port",
    passes: true,
    says: "ports 8081/tcp, 8082/tcp free on n2",
    wants: task({ ports: [port(8081), port(8082)] }),
    holds: [web],
  },

  { filter: "constraints", passes: true, says: "no constraints" },
  {
    filter: "constraints",
    passes: true,
    says: "n2 meets disk==ssd, label disk",
    wants: task({ constraints: [label("disk", "equals", "ssd"), label("disk", "exists")] }),
    n2: ssd,
  },
  {
    filter: "constraints",
    passes: false,
    says: "needs disk==hdd, n2 has disk=ssd",
    wants: task({ constraints: [label("disk", "equals", "hdd")] }),
    n2: ssd,
  },
  {
    filter: "constraints",
    passes: false,
    says: "needs disk==ssd, n2 has no such label",
    wants: task({ constraints: [label("disk", "equals", "ssd")] }),
  },
  {
    filter: "constraints",
    passes: false,
    says: "needs label gpu, n2 has no such label",
    wants: task({ constraints: [label("gpu", "exists")] }),
    n2: ssd,
  },
  // A property of every JavaScript object is no label.
  {
    filter: "constraints",
    passes: false,
    says: "needs label constructor, n2 has no such label",
    wants: task({ constraints: [label("constructor", "exists")] }),
  },
  {
    filter: "constraints",
    passes: false,
    says: "needs disk!=ssd, n2 has disk=ssd",
    wants: task({ constraints: [label("disk", "not-equals", "ssd")] }),
    n2: ssd,
  },
  {
    filter: "constraints",
    passes: true,
    says: "n2 meets disk!=ssd",
    wants: task({ constraints: [label("disk", "not-equals", "ssd")] }),
  },
  {
    filter: "constraints",
    passes: true,
    says: "n2 meets node==n2",
    wants: task({ constraints: [named("equals", "n2")] }),
  },
  {
    filter: "constraints",
    passes: true,
    says: "n2 meets node==node-000000n2",
    wants: task({ constraints: [named("equals", idOf("n2"))] }),
  },
  {
    filter: "constraints",
    passes: false,
    says: "needs node==n1, this is n2",
    wants: task({ constraints: [named("equals", "n1")] }),
  },
  {
    filter: "constraints",
    passes: false,
    says: "needs node!=n2, this is n2",
    wants: task({ constraints: [named("not-equals", "n2")] }),
  },
  {
    filter: "constraints",
    passes: true,
    says: "n2 meets node!=n1",
    wants: task({ constraints: [named("not-equals", "n1")] }),
  },

  { filter: "platform", passes: true, says: "any platform, n2 has not reported its platform", n2: { engine: null } },
  {
    filter: "platform",
    passes: true,
    says: "needs linux/amd64, n2 runs linux/amd64",
    wants: task({ platform: "linux/amd64" }),
  },
  // Engines name the same architecture in two ways.
  {
    filter: "platform",
    passes: true,
    says: "needs linux/arm64, n2 runs linux/aarch64",
    wants: task({ platform: "linux/arm64" }),
    n2: { engine: { ...arm, arch: "aarch64" } },
  },
  {
    filter: "platform",
    passes: false,
    says: "needs linux/amd64, n2 runs linux/arm64",
    wants: task({ platform: "linux/amd64" }),
    n2: { engine: arm },
  },
  {
    filter: "platform",
    passes: false,
    says: "needs linux/amd64, n2 has not reported its platform",
    wants: task({ platform: "linux/amd64" }),
    n2: { engine: null },
  },

  { filter: "features", passes: true, says: "no options that an older worker does not know" },
  {
    filter: "features",
    passes: true,
    says: "the worker of n2 knows network",
    n2: { features: ["network", "security"] },
    wants: host,
  },
  {
    filter: "features",
    passes: false,
    says: "the worker of n2 (version 0.1.0) does not know network",
    n2: { version: "0.1.0" },
    wants: host,
  },
  {
    filter: "features",
    passes: false,
    says: "the worker of n2 (version unknown) does not know limits, health",
    n2: { features: ["network"] },
    wants: task({ needs: { features: ["network", "limits", "health"] } }),
  },

  { filter: "policy", passes: true, says: "n2 has no policy", wants: host },
  { filter: "policy", passes: true, says: "the policy of n2 allows it", n2: { policy: restricted } },
  {
    filter: "policy",
    passes: true,
    says: "the policy of n2 allows it",
    n2: { policy: restricted },
    wants: task({ needs: { binds: ["/srv/data"] } }),
  },
  {
    filter: "policy",
    passes: false,
    says: "n2 allows no containers in its own network",
    n2: { policy: restricted },
    wants: host,
  },
  {
    filter: "policy",
    passes: false,
    says: "n2 allows mounts below /srv only, and this one is of /etc",
    n2: { policy: restricted },
    wants: task({ needs: { binds: ["/srv/data", "/etc"] } }),
  },
  {
    filter: "policy",
    passes: false,
    says: "n2 allows no privileged containers, and this one adds the capability SYS_ADMIN",
    n2: { policy: restricted },
    wants: task({ needs: { privileged: "adds the capability SYS_ADMIN", devices: true } }),
  },
];

test.each(cases)("$filter: $says", ({ filter, passes, says, n2 = {}, wants = task(), holds = [], missing = 0 }) => {
  const index = cluster(
    [node("n2", n2)],
    holds.map((held) => ["n2", held] as const),
  );
  const [verdict] = index.explain(wants, "spread", null);
  const one = verdict!.filters.find((each) => each.filter === filter)!;
  expect({ ...one, missing: Math.round(one.missing * 1e6) / 1e6 }).toEqual({
    filter,
    passed: passes,
    message: says,
    missing,
  });
  expect(verdict!.fits).toBe(verdict!.filters.every(({ passed }) => passed));
  expect(index.choose(wants, "spread", null)).toBe(verdict!.fits ? idOf("n2") : null);
});
