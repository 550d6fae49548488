// What a seed decides: the size of the cluster, the requests of its clients, and which fault happens when. Plain data, drawn
// before the run begins, so that a plan can be made smaller and run again.

import { type Random, randomInteger, randomItem, seededRandom } from "../../lib/random.ts";
import { type Strategy, strategies } from "../../model/cluster/cluster.ts";
import { limits } from "../../model/limits.ts";
import { type FaultGroup, type FaultKind, faultKinds, groupOf } from "./fault-kinds.ts";

export interface Fault {
  /** Its number among the drawn faults, which --keep names. */
  index: number;
  atMs: number;
  kind: FaultKind;
  /** Which machine, modulo how many there are. */
  target: number;
  durationMs: number;
  /** Severity, in [0, 1). */
  strength: number;
}

export interface Plan {
  seed: number;
  nodes: number;
  /** The time with faults. The repair and the time after it come on top. */
  durationMs: number;
  clients: number;
  /** Mean pause between two requests of one client. */
  pauseMs: number;
  strategy: Strategy;
  /** Duration of a sync; 0: it takes no time. */
  syncMs: number;
  /** Changes from one snapshot to the next. */
  snapshotChanges: number;
  /** Percentage of workers that are of an earlier release. */
  oldWorkers: number;
  /** True when tasks ask for options of the engine and for rights, and half of the machines have a policy. Left out: false. */
  options?: boolean;
  /** True when clients have services. Left out: false. */
  services?: boolean;
  /** True when some tasks and services have probes. Left out: false. */
  probes?: boolean;
  /** True when clients have jobs and schedules. Left out: false. */
  jobs?: boolean;
  /** True when clients have services with selectors, and tasks with labels. Left out: false. */
  selectors?: boolean;
  /** True when clients have tasks with named volumes. Left out: false. */
  volumes?: boolean;
  /** True when clients back up, restore and move volumes. Left out: false. */
  volumeCopies?: boolean;
  /** True when clients have configs, secrets and logins to registries. Left out: false. */
  configs?: boolean;
  /** True when clients rebalance, and some services have data on their nodes. Left out: false. */
  moves?: boolean;
  /** True when some tasks and services have several containers. Left out: false. */
  pods?: boolean;
  /** True when some tasks and services have priorities. Left out: false. */
  priorities?: boolean;
  /** True when some services have virtual addresses, and workers addresses for them. Left out: false. Never drawn. */
  networks?: boolean;
  /** True when some services and jobs depend on others. Left out: false. */
  dependencies?: boolean;
  /** True when clients have apps. Left out: false. Never drawn. */
  apps?: boolean;
  /** True when clients clean nodes up. Left out: false. */
  cleanups?: boolean;
  /** True when a client follows the endpoints of services. Left out: false. */
  endpointClient?: boolean;
  /** Number of finished tasks that are kept. */
  finishedTasks: number;
  /** How long finished tasks are kept, in ms. */
  finishedAgeMs: number;
  /** Share of silent nodes above which mass-loss protection is active; 1: never. */
  massLossFraction: number;
  /** A machine that looks like n1: with its name and port, or with a copy of its data folder as well. */
  twin: "none" | "name" | "folder";
  faults: Fault[];
}

export interface PlanOptions {
  seed: number;
  nodes?: number | undefined;
  hours?: number | undefined;
  groups: readonly FaultGroup[];
  /** Indices of the faults to keep; undefined: all. */
  keep?: readonly number[] | undefined;
}

const secondMs = 1000;
const hourMs = 3_600_000;
const defaultHours = 0.1;
/** No fault in the first seconds, in which master and workers start. */
const undisturbedMs = 5 * secondMs;

export function drawPlan({ seed, nodes, hours = defaultHours, groups, keep }: PlanOptions): Plan {
  const random = seededRandom(seed ^ 0x5eed);
  const drawn = {
    nodes: 2 + randomInteger(random, 6),
    clients: 1 + randomInteger(random, 3),
    pauseMs: 300 + randomInteger(random, 4000),
    strategy: randomItem(random, strategies),
    syncMs: randomInteger(random, 3) === 0 ? 0 : 1 + randomInteger(random, 30),
    snapshotChanges: 50 + randomInteger(random, 50 * 2 ** randomInteger(random, 7)),
    oldWorkers: randomInteger(random, 3) === 0 ? 50 : 0,
    finishedTasks: 10 + randomInteger(random, 100),
    massLossFraction: randomInteger(random, 3) === 0 ? 1 : limits.massLossFraction,
    // Short enough that records expire within the run, or longer than any clock here jumps.
    finishedAgeMs: randomInteger(random, 3) === 0 ? (1 + randomInteger(random, 3)) * 60_000 : limits.finishedTaskAgeMs,
  };
  const durationMs = Math.round(hours * hourMs);
  // Many faults in a short run, fewer in a long one: a cluster that never recovers in between shows little.
  const gapMs = (3 + randomInteger(random, 40)) * secondMs * (hours > 1 ? 10 : 1);
  const kept = keep && new Set(keep);
  const services = drawServices(seed);
  const jobs = drawJobs(seed);
  const volumes = drawVolumes(seed);
  const selectors = drawSelectors(seed);
  const alone = drawFaults(seed, durationMs, gapMs);
  const flapping = drawFlapping(seed, durationMs, alone.length);
  const registry = services ? drawRegistryFaults(seed, durationMs, gapMs, alone.length + flapping.length) : [];
  const pods = drawPods(seed);
  const firstPodIndex = alone.length + flapping.length + registry.length;
  const ofPods = pods ? drawPodFaults(seed, durationMs, gapMs, firstPodIndex) : [];
  const volumeCopies = volumes && drawVolumeCopies(seed);
  const ofCopies = volumeCopies ? drawCopyFaults(seed, durationMs, firstPodIndex + ofPods.length) : [];
  const faults = [...alone, ...flapping, ...registry, ...ofPods, ...ofCopies].filter(
    ({ kind, index }) => groups.includes(groupOf(kind)) && (!kept || kept.has(index)),
  );
  // A run of minutes has many requests a minute, a run of hours as few as a real cluster.
  const pauseMs = drawn.pauseMs * (hours > 1 ? 10 : 1);
  const snapshotChanges = drawn.snapshotChanges * (hours > 1 ? 10 : 1);
  const cluster = {
    ...drawn,
    pauseMs,
    snapshotChanges,
    nodes: nodes ?? drawn.nodes,
    twin: drawTwin(seed),
    services,
    probes: drawProbes(seed),
    jobs,
    volumes,
    volumeCopies,
    priorities: drawPriorities(seed),
    dependencies: (services || jobs) && drawDependencies(seed),
    configs: drawConfigs(seed),
    moves: services && drawMoves(seed),
    pods,
    selectors,
    cleanups: drawCleanups(seed),
    endpointClient: (services || selectors) && drawEndpointClient(seed),
  };
  return { seed, ...cluster, durationMs, faults };
}

/** In one run of six. */
function drawTwin(seed: number): Plan["twin"] {
  const draw = randomInteger(seededRandom(seed ^ 0x7717), 12);
  return draw === 0 ? "name" : draw === 1 ? "folder" : "none";
}

/** In three runs of four. */
function drawServices(seed: number): boolean {
  return randomInteger(seededRandom(seed ^ 0x5e71), 4) > 0;
}

/** In one run of two. */
function drawProbes(seed: number): boolean {
  return randomInteger(seededRandom(seed ^ 0x9b0b), 2) > 0;
}

/** In one run of three. */
function drawJobs(seed: number): boolean {
  return randomInteger(seededRandom(seed ^ 0x70b5), 3) === 0;
}

/** In one run of three. */
function drawSelectors(seed: number): boolean {
  return randomInteger(seededRandom(seed ^ 0x5e1e), 3) === 0;
}

/** In one run of three. */
function drawCleanups(seed: number): boolean {
  return randomInteger(seededRandom(seed ^ 0xc1ea), 3) === 0;
}

/** In one run of two that have services. */
function drawEndpointClient(seed: number): boolean {
  return randomInteger(seededRandom(seed ^ 0xe4dc), 2) === 0;
}

/** In one run of three. */
function drawPriorities(seed: number): boolean {
  return randomInteger(seededRandom(seed ^ 0x9215), 3) === 0;
}

/** In one run of three that has services or jobs. */
function drawDependencies(seed: number): boolean {
  return randomInteger(seededRandom(seed ^ 0xdebe), 3) === 0;
}

/** In two runs of three. */
function drawVolumes(seed: number): boolean {
  return randomInteger(seededRandom(seed ^ 0x701d), 3) > 0;
}

/** In one run of two that have volumes. */
function drawVolumeCopies(seed: number): boolean {
  return randomInteger(seededRandom(seed ^ 0xc097), 2) === 0;
}

/** In one run of two. */
function drawConfigs(seed: number): boolean {
  return randomInteger(seededRandom(seed ^ 0xc0f1), 2) > 0;
}

/** In one run of two that have services. */
function drawMoves(seed: number): boolean {
  return randomInteger(seededRandom(seed ^ 0x30e5), 2) === 0;
}

/** In one run of two. */
function drawPods(seed: number): boolean {
  return randomInteger(seededRandom(seed ^ 0x90d5), 2) === 0;
}

/** One after the other, so that a shorter run has the same beginning, and each by itself, so that any can be left out. */
function drawFaults(seed: number, durationMs: number, gapMs: number): Fault[] {
  const random = seededRandom(seed ^ 0xfa17);
  const faults: Fault[] = [];
  for (let atMs = undisturbedMs, index = 0; ; index++) {
    atMs += random.next() * 2 * gapMs;
    if (atMs >= durationMs) return faults;
    faults.push(drawFault(random, index, Math.round(atMs)));
  }
}

/** In one run of four a node is cut off again and again, each time for longer than its lease. */
function drawFlapping(seed: number, durationMs: number, firstIndex: number): Fault[] {
  const random = seededRandom(seed ^ 0xf1a9);
  if (randomInteger(random, 4) > 0) return [];
  const target = randomInteger(random, 65_536);
  const faults: Fault[] = [];
  let atMs = undisturbedMs + random.next() * 60 * secondMs;
  for (let times = limits.flapLosses + randomInteger(random, 3); times > 0; times--) {
    const cutMs = (5 + random.next() * 4) * secondMs;
    if (atMs + cutMs >= durationMs) break;
    const index = firstIndex + faults.length;
    faults.push({
      index,
      atMs: Math.round(atMs),
      kind: "partition",
      target,
      durationMs: Math.round(cutMs),
      strength: 0,
    });
    atMs += cutMs + (3 + random.next() * 5) * secondMs;
  }
  return faults;
}

/** Only services use the images that these faults concern. */
function drawRegistryFaults(seed: number, durationMs: number, gapMs: number, firstIndex: number): Fault[] {
  const random = seededRandom(seed ^ 0x4e61);
  const faults: Fault[] = [];
  for (let atMs = undisturbedMs; ; ) {
    atMs += random.next() * 16 * gapMs;
    if (atMs >= durationMs) return faults;
    faults.push(drawFault(random, firstIndex + faults.length, Math.round(atMs), registryKinds));
  }
}

/** Only tasks of several containers have what these concern. */
function drawPodFaults(seed: number, durationMs: number, gapMs: number, firstIndex: number): Fault[] {
  const random = seededRandom(seed ^ 0x5a4d);
  const faults: Fault[] = [];
  for (let atMs = undisturbedMs; ; ) {
    atMs += random.next() * 4 * gapMs;
    if (atMs >= durationMs) return faults;
    faults.push(drawFault(random, firstIndex + faults.length, Math.round(atMs), podKinds));
  }
}

/** Most of them find no copy under way, and then nothing happens. */
function drawCopyFaults(seed: number, durationMs: number, firstIndex: number): Fault[] {
  const random = seededRandom(seed ^ 0x5c09);
  const faults: Fault[] = [];
  for (let atMs = undisturbedMs; ; ) {
    atMs += random.next() * 10 * secondMs;
    if (atMs >= durationMs) return faults;
    faults.push(drawFault(random, firstIndex + faults.length, Math.round(atMs), copyKinds));
  }
}

const copyKinds = faultKinds.filter((kind) => groupOf(kind) === "copies");
const podKinds = faultKinds.filter((kind) => groupOf(kind) === "pods");
const registryKinds = faultKinds.filter((kind) => groupOf(kind) === "registry");
const specialGroups: readonly FaultGroup[] = ["registry", "pods", "copies"];
const everydayKinds = faultKinds.filter((kind) => !specialGroups.includes(groupOf(kind)));

function drawFault(random: Random, index: number, atMs: number, kinds = everydayKinds): Fault {
  const kind = randomItem(random, kinds);
  const target = randomInteger(random, 65_536);
  // Mostly short, now and then longer than any lease.
  const long = randomInteger(random, 4) === 0;
  const durationMs = Math.round(long ? 5000 + random.next() * 60_000 : 50 + random.next() * 6000);
  return { index, atMs, kind, target, durationMs, strength: random.next() };
}
