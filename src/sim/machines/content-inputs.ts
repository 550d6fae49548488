// The contents of configs, secrets and logins that simulated clients store, the tasks and services that use them, and programs
// that end if the content that they read is bad.

import { type Random, randomInteger, randomItem } from "../../lib/random.ts";
import { limits } from "../../model/limits.ts";
import type { ContainerSpec } from "../../model/task/spec.ts";
import type { Program } from "../../runtime/simulated/options.ts";
import type { FilesInMemory } from "../../worker/contents/files-in-memory.ts";

type Drawn = Record<string, unknown>;

/** Every secret and every password begins with it: no text that leaves the master may have it. */
export const canary = "sesame";
/** The same, in base64. */
export const canaryInBase64 = "c2VzYW1l";

export const configNames = ["f1", "f2"] as const;
export const secretNames = ["k1", "k2"] as const;
/** The registry of the image `registry.sim/app`, which no engine has: its login alone matters. */
export const registryName = "registry.sim";

/** A service without replicas whose image only one machine may have. The master asks for its digest, with the login. */
export function pinnedTo(machine: string): Drawn & { name: string } {
  const image = `${registryName}/only-${machine}`;
  return {
    name: `pinned-${machine}`,
    image,
    replicas: 0,
    constraints: [{ type: "node", operator: "equals", value: machine }],
  };
}

/** The only machine that may be sent a login for the image; null if any may. */
export function onlyMachineOf(image: string): string | null {
  const own = `${registryName}/only-`;
  return image.startsWith(own) ? image.slice(own.length) : null;
}

/** One of four is a content with which programs end. */
export function drawContent(random: Random, serial: number): string {
  return `${randomInteger(random, 4) === 0 ? "bad" : "good"}-${serial}\n`;
}

export function drawSecret(random: Random, serial: number): string {
  return `${canary}-${drawContent(random, serial)}`;
}

/** What a program does that reads its files and variables: it ends soon if one of them is bad. Nothing for other programs. */
export function byContents(
  { args, mounts, env }: Pick<ContainerSpec, "args" | "mounts" | "env">,
  files: FilesInMemory,
  repaired: () => boolean,
): Partial<Program> {
  if (args[0] !== "by-contents") return {};
  const behaviour = () => {
    const read = mounts.map(({ source }) => Buffer.from(files.all.get(source)?.bytes ?? []).toString());
    const isBad = [...read, ...Object.values(env)].some((text) => text.includes("bad"));
    return isBad && !repaired() ? { runsMs: 400, exitCode: 3 } : { runsMs: null, exitCode: 0 };
  };
  return { ...behaviour(), onSignal: behaviour };
}

/**
 * The fields of a container that name contents; one of them at least. Most programs end at a signal: `signals` says whether this
 * one takes them.
 */
export function drawReferences(random: Random, signals: "signals" | "no signals" = "signals"): Drawn {
  const below = (count: number) => randomInteger(random, count);
  const of = <T>(...values: T[]): T => values[below(values.length)]!;
  const reference = (name: string, place: string): Drawn => {
    const drawn = of(undefined, undefined, undefined, "signal", "none");
    const onChange = drawn === "signal" && signals === "no signals" ? undefined : drawn;
    if (onChange !== "signal" && below(3) === 0) return { name, env: place, ...(onChange ? { onChange } : {}) };
    return { name, target: `/etc/${place}`, ...(onChange ? { onChange } : {}) };
  };
  const configs = [reference(of(...configNames), "A")];
  if (below(4) === 0) configs.push(reference(of(...configNames), "B"));
  const secrets = [reference(of(...secretNames), "S")];
  const pick = below(10);
  return { ...(pick < 7 ? { configs } : {}), ...(pick >= 4 ? { secrets } : {}) };
}

/** A body without name and replicas. */
export function drawContentUser(random: Random): Drawn {
  return {
    image: "demo",
    args: ["by-contents"],
    ...drawReferences(random),
    restartPolicy: {
      ...{ mode: "always", maxRestarts: null, backoffInitialMs: limits.restartBackoffInitialMs },
      ...{ backoffMaxMs: 20_000, resetAfterMs: limits.restartResetMs },
    },
    stopGraceSeconds: randomInteger(random, 4),
  };
}

/** Short times, so that rollouts end within the run. */
export function drawContentPolicy(random: Random): Drawn {
  const of = <T>(...values: T[]): T => randomItem(random, values);
  return {
    parallelism: of(0, 1, 2),
    delayMs: of(0, 0, 1000),
    order: of("auto", "stop-first"),
    minReadyMs: of(0, 500, 1000),
    monitorMs: of(1000, 5000),
    deadlineMs: 20_000 + randomInteger(random, 30_000),
    onFailure: of("rollback", "rollback", "pause", "continue"),
    drainMs: of(0, 1000),
  };
}
