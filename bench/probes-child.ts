// What a worker does to probe its containers, and nothing else: 500 containers of which each is checked once a second, on a server
// in another process. It prints how many checks passed and failed, once a second.
//
//   bun bench/probes-child.ts http|tcp PORT

import { systemClock } from "../src/lib/clock.ts";
import { systemRandom } from "../src/lib/random.ts";
import type { TaskId } from "../src/model/ids.ts";
import { DockerRuntime } from "../src/runtime/docker/docker-runtime.ts";
import { createdState } from "../src/runtime/simulated/created-state.ts";
import { ContainerProbes } from "../src/worker/probes/container-probes.ts";
import { Prober } from "../src/worker/probes/prober.ts";
import { containerAssignment, parseAssignment } from "../src/worker/task/assignment.ts";

const [kind, port] = [process.argv[2], Number(process.argv[3])];
const containers = 500;
const check = kind === "http" ? { http: { port, path: "/healthz" } } : { tcp: { port } };
const container = {
  image: "demo",
  network: { mode: "host" as const },
  readinessProbe: { ...check, periodMs: 1000, timeoutMs: 1000 },
};

// The engine is not asked: a container in the network of the node is at 127.0.0.1.
const runtime = new DockerRuntime("unix:///nonexistent/docker.sock");
const prober = new Prober({ runtime, clock: systemClock, random: systemRandom });
for (let index = 0; index < containers; index++) {
  const taskId = `20250119120000-${String(index).padStart(8, "0")}` as TaskId;
  const assignment = parseAssignment({ ...container, taskId, name: "web", status: "running" });
  const found = {
    ...createdState(`c${index}`, {}),
    status: "running" as const,
    startedAt: new Date(Date.now() - (index / containers) * 1000).toISOString(),
  };
  new ContainerProbes(prober, () => {}).watch({ assignment: containerAssignment(assignment, "main")!, found });
}
setInterval(() => {
  const { passed, failed } = prober.counts.readiness;
  process.stdout.write(`${passed} ${failed}\n`);
}, 1000);
