// Nodes that random tests of the scheduler draw: of few host names, sizes and labels, so that tasks meet every reason why a node
// does not fit.

import { type Random, randomInteger, randomItem } from "../lib/random.ts";
import type { NodeId } from "../model/ids.ts";
import { type NodeRecord, nodeDefaults } from "../model/node/node.ts";

const GiB = 1024 ** 3;

export function randomNode(random: Random, number: number): NodeRecord {
  return {
    ...nodeDefaults,
    nodeId: `node-${String(number).padStart(8, "0")}` as NodeId,
    hostname: `h${randomInteger(random, 7)}`,
    port: 8081,
    address: "127.0.0.1",
    capacity: 1 + randomInteger(random, 5),
    cpu: randomItem(random, [0, 1, 2, 4]),
    memory: randomItem(random, [0, 1, 2]) * GiB,
    labels: randomItem<Record<string, string>>(random, [
      {},
      { disk: "ssd" },
      { disk: "hdd", zone: "a" },
      { zone: "b" },
    ]),
    status: random.next() < 0.9 ? "online" : "offline",
    schedulable: random.next() < 0.9,
    engine: randomItem(random, [
      null,
      { name: "docker", version: "1", os: "linux", arch: randomItem(random, ["amd64", "x86_64"]) },
    ]),
    engineError: random.next() < 0.95 ? null : "connection refused",
    version: randomItem(random, ["", "1"]),
    features: randomItem(random, [null, ["network", "security"], ["network"]]),
    policy: randomItem(random, [
      null,
      null,
      { binds: ["/srv"], privileged: false, hostNetwork: random.next() < 0.5, devices: false },
    ]),
    suspect: random.next() < 0.9 ? null : { code: "silent", message: "it is silent", since: "" },
    flapping:
      random.next() < 0.7 ? null : { losses: 3, lostAt: "", steadyUntil: randomItem(random, [null, ""]), steadyMs: 0 },
    registeredAt: "",
  };
}
