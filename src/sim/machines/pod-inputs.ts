// The tasks and services of several containers that clients ask for: init containers, sidecars, containers that wait for others,
// and programs that serve, end, fail or are ready late.

import { type Random, randomInteger, randomItem } from "../../lib/random.ts";
import { drawReferences } from "./content-inputs.ts";
import { restarts } from "./programs.ts";

type Drawn = Record<string, unknown>;
interface Containers {
  containers: Drawn[];
  initContainers?: Drawn[];
}

type Below = (count: number) => number;

/** A task. `serial` makes its name. */
export function drawPodInput(random: Random, serial: number): Drawn & Containers {
  const below: Below = (count) => randomInteger(random, count);
  const pick = below(100);
  const drawn =
    pick < 40 ? withSidecar(below) : pick < 70 ? withOneShot(below) : pick < 85 ? batch(below) : twins(below);
  const initContainers = drawInit(below);
  return {
    name: `p${serial}`,
    stopGraceSeconds: below(6),
    restartPolicy: restarts("always"),
    ...drawn,
    ...(initContainers.length > 0 ? { initContainers: initContainers.map((one) => ({ ...one })) } : {}),
  };
}

/** The same task: some of its containers name configs and secrets. Those that serve read them, and take signals. */
export function withContents(random: Random, pod: Drawn & Containers): Drawn & Containers {
  return eachContainer(pod, (container) => {
    if (randomInteger(random, 4) > 0) return container;
    const serves = (container.args as string[])[0] === "service";
    if (!serves) return { ...container, ...drawReferences(random, "no signals") };
    return { ...container, args: ["by-contents"], ...drawReferences(random) };
  });
}

/** The same task: in one of three, some of its containers mount a named volume, one and the same. */
export function withVolumes(random: Random, pod: Drawn & Containers, names: readonly string[]): Drawn & Containers {
  if (randomInteger(random, 3) > 0) return pod;
  const source = randomItem(random, names);
  return eachContainer(pod, (container) => {
    if (randomInteger(random, 2) === 0) return container;
    const readOnly = randomInteger(random, 4) === 0;
    return { ...container, mounts: [{ type: "volume", source, target: "/data", readOnly }] };
  });
}

function eachContainer(pod: Drawn & Containers, change: (container: Drawn) => Drawn): Drawn & Containers {
  const { containers, initContainers } = pod;
  return {
    ...pod,
    containers: containers.map(change),
    ...(initContainers ? { initContainers: initContainers.map(change) } : {}),
  };
}

const ofContainer: ReadonlySet<string> = new Set([
  ...["image", "args", "env", "resources", "ports", "mounts", "configs", "secrets", "health"],
  ...["startupProbe", "livenessProbe", "readinessProbe"],
]);

/** A template with one container, with others beside it: the first one is that of the template. */
export function asSeveral(random: Random, template: Drawn): Drawn {
  const below: Below = (count) => randomInteger(random, count);
  const app = Object.fromEntries(Object.entries(template).filter(([field]) => ofContainer.has(field)));
  const rest = Object.fromEntries(Object.entries(template).filter(([field]) => !ofContainer.has(field)));
  const { cache, condition } = drawCache(below);
  const dependsOn = below(2) === 0 ? { dependsOn: { cache: condition } } : {};
  const initContainers = drawInit(below).filter(({ args: [kind] }) => kind === "job");
  return {
    ...rest,
    containers: [{ name: "app", ...app, ...dependsOn }, cache],
    ...(initContainers.length > 0 ? { initContainers } : {}),
  };
}

interface Init {
  name: string;
  image: string;
  args: string[];
}

/** None, one or two. Now and then one that fails until everything is repaired. */
function drawInit(below: Below): Init[] {
  return ["first", "second"].slice(0, below(3)).map((name) => {
    const kind = below(8) === 0 ? "retry" : "job";
    return { name, image: below(8) === 0 ? "slow" : "demo", args: [kind, String(100 + below(3000)), "0"] };
  });
}

function resources(below: Below): Drawn {
  return {
    resources: {
      cpu: { request: below(3) * 0.1, limit: null },
      memory: { request: below(3) * 32 * 1024 ** 2, limit: null },
    },
  };
}

/** A sidecar, and what another container may wait for. */
function drawCache(below: Below): { cache: Drawn; condition: string } {
  const cache = { name: "cache", image: "demo", args: ["service"], sidecar: true };
  const pick = below(10);
  if (pick < 3) return { cache, condition: "started" };
  if (pick < 4) return { cache: { ...cache, args: ["loop", String(1000 + below(8000))] }, condition: "started" };
  const args = ["ready-after", String(300 + below(4000))];
  const often = { periodMs: 1000 + below(1000), timeoutMs: 100 + below(900) };
  if (pick < 8) {
    const readinessProbe = { http: { port: 80, path: "/ready" }, ...often };
    return { cache: { ...cache, args, readinessProbe }, condition: "healthy" };
  }
  const health = { command: "check", intervalMs: 1000 + below(1000), retries: 60 };
  return { cache: { ...cache, args, health }, condition: "healthy" };
}

function withSidecar(below: Below): Drawn & Containers {
  const { cache, condition } = drawCache(below);
  const kinds = [["service"], ["service"], ["stubborn"], ["loop", String(500 + below(10_000))]];
  const app = { name: "app", image: "demo", args: kinds[below(kinds.length)], ...resources(below) };
  const dependsOn = below(3) > 0 ? { dependsOn: { cache: condition } } : {};
  return { containers: [{ ...app, ...dependsOn }, cache] };
}

/** A container that does its work once, before the one that goes on. */
function withOneShot(below: Below): Drawn & Containers {
  const { cache, condition } = drawCache(below);
  const migrate = {
    name: "migrate",
    image: "demo",
    args: [below(6) === 0 ? "retry" : "job", String(200 + below(6000)), "0"],
    ...(below(3) === 0 ? { dependsOn: { cache: condition } } : {}),
  };
  const app = { name: "app", image: "demo", args: ["service"], dependsOn: { migrate: "completed" } };
  return { containers: [{ ...app, ...resources(below) }, migrate, cache] };
}

/** It ends by itself. */
function batch(below: Below): Drawn & Containers {
  const job = (name: string) => ({
    ...{ name, image: "demo" },
    args: ["job", String(500 + below(20_000)), below(5) === 0 ? "1" : "0"],
  });
  const { cache } = drawCache(below);
  const containers: Drawn[] = [job("work"), ...(below(2) === 0 ? [job("more")] : []), cache];
  return { containers, restartPolicy: restarts("never") };
}

/** Two that go on, of which one may end for good. */
function twins(below: Below): Drawn & Containers {
  const left = { name: "left", image: below(10) === 0 ? "missing" : "demo", args: ["service"], ...resources(below) };
  const ends = below(3) === 0;
  const right = {
    ...{ name: "right", image: "demo", args: ends ? ["job", String(3000 + below(20_000)), "1"] : ["stubborn"] },
    ...(ends ? { restartPolicy: restarts("never") } : {}),
    ...(below(2) === 0 ? { dependsOn: { left: "started" } } : {}),
  };
  return { containers: [left, right] };
}
