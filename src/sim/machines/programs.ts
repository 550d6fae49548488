// What simulated containers do, by the arguments of their task: `args: ["job", "5000", "1"]` runs 5 s and exits with 1. After
// the repair, programs of tasks that are to be kept alive run without end.

import { type Random, randomInteger } from "../../lib/random.ts";
import { limits } from "../../model/limits.ts";
import type { ContainerSpec } from "../../model/task/spec.ts";
import type { ParsedTaskInput } from "../../model/task/task-input.ts";
import { RuntimeError } from "../../runtime/runtime-error.ts";
import type { Program } from "../../runtime/simulated/options.ts";
import type { SimulatedImage } from "../../runtime/simulated/storage.ts";

const forever: Program = { runsMs: null, exitCode: 0 };

/** What a container of this task does at its `run`-th start, counted from 0. */
export function programOf({ args }: Pick<ContainerSpec, "args">, run: number, repaired: boolean): Program {
  const [kind, ...words] = args;
  const numbers = words.map(Number);
  switch (kind) {
    case "service":
      return forever;
    case "stubborn":
      return { ...forever, ignoresStop: true };
    case "job":
      return { runsMs: numbers[0]!, exitCode: numbers[1]! };
    case "loop": // fails again and again, until the repair
      return repaired ? forever : { runsMs: numbers[0]!, exitCode: 3, stderr: `attempt ${run}: no database` };
    case "retry": // fails again and again until the repair, and then does its work
      return { runsMs: numbers[0]!, exitCode: repaired ? 0 : 1 };
    case "oom":
      return repaired ? forever : { runsMs: numbers[0]!, exitCode: 137, oomKilled: true };
    case "unstartable":
      return { runsMs: 0, exitCode: 127, startError: "exec: no such program" };
    case "never-starts": // until the repair
      return repaired ? forever : { runsMs: 0, exitCode: 127, startError: "exec: no such program" };
    default:
      return forever;
  }
}

const amounts = [0, 0.1, 0.25, 0.5] as const;

/** Options and rights that every sixth task has, each another one; the others have none. */
export function optionsOf(serial: number): Partial<ParsedTaskInput> {
  const mount = { type: "bind" as const, target: "/d", readOnly: false, sizeBytes: null };
  const rows: readonly Partial<ParsedTaskInput>[] = [
    { network: { mode: "host" } },
    { mounts: [{ ...mount, source: "/srv/data" }] },
    { mounts: [{ ...mount, source: "/etc" }] },
    { security: { privileged: true } },
    { health: { disabled: true } },
    {},
  ];
  return rows[serial % rows.length]!;
}

/** Two of three have none. */
export function drawPriority(random: Random): { priority?: number } {
  const priority = [0, 0, 0, 0, -5, 50][randomInteger(random, 6)]!;
  return priority === 0 ? {} : { priority };
}

/** A task that a client creates. `serial` makes its name. */
export function drawTaskInput(random: Random, serial: number): ParsedTaskInput {
  const pick = randomInteger(random, 100);
  const runsMs = 500 + randomInteger(random, 30_000);
  const input: ParsedTaskInput = {
    name: `t${serial}`,
    image: randomInteger(random, 10) === 0 ? "slow" : "demo",
    args: ["service"],
    resources: {
      cpu: { request: amounts[randomInteger(random, 4)]!, limit: null },
      memory: { request: randomInteger(random, 4) * 64 * 1024 ** 2, limit: null },
    },
    restartPolicy: restarts("always"),
    stopGraceSeconds: randomInteger(random, 12),
  };
  if (pick < 35) {
    const exitCode = randomInteger(random, 4) === 0 ? 1 : 0;
    Object.assign(input, { args: ["job", String(runsMs), String(exitCode)], restartPolicy: restarts("never") });
  } else if (pick < 45) {
    Object.assign(input, { args: ["loop", String(runsMs)], restartPolicy: restarts("on-failure") });
  } else if (pick < 50) {
    Object.assign(input, { args: ["oom", String(runsMs)] });
  } else if (pick < 55) {
    input.args = ["stubborn"];
  } else if (pick < 58) {
    Object.assign(input, { args: ["unstartable"], restartPolicy: restarts("never") });
  } else if (pick < 60) {
    input.image = "missing";
  }
  if (randomInteger(random, 6) === 0) {
    const hostPort = 8000 + randomInteger(random, 3);
    const hostIp = randomInteger(random, 3) === 0 ? "0.0.0.0" : "127.0.0.1";
    input.ports = [{ hostPort, containerPort: 80, protocol: "tcp", hostIp }];
  }
  if (randomInteger(random, 15) === 0) {
    input.constraints = [{ type: "label", key: "disk", operator: "equals", value: "ssd" }];
  }
  if (randomInteger(random, 12) === 0) input.platform = "linux/amd64";
  return input;
}

export function restarts(mode: "always" | "on-failure" | "never") {
  return {
    mode,
    maxRestarts: null,
    backoffInitialMs: limits.restartBackoffInitialMs,
    backoffMaxMs: 60_000,
    resetAfterMs: limits.restartResetMs,
  };
}

/** What is wrong with the registry now. */
export class Registry {
  /** Each fault under way adds its ms to every pull. */
  readonly slowness: number[] = [];
  /** Faults under way by which it has no image `app`. */
  gone = 0;

  get pullMs(): number {
    return Math.max(0, ...this.slowness);
  }
}

/** The images that each engine can get; until the repair, some pulls fail at random, and `gone` is in no registry. */
export function drawImages(random: Random, registry: Registry, repaired: () => boolean): Map<string, SimulatedImage> {
  const missing = (image: string) => new RuntimeError("image-not-found", `${image}: manifest unknown`, false);
  const failure = () =>
    !repaired() && randomInteger(random, 3) === 0
      ? new RuntimeError("registry-unreachable", "the simulated registry does not answer", true)
      : null;
  return new Map([
    ["demo", { present: true, pullMs: 1, sizeBytes: 2_000_000 }],
    ["slow", { present: false, pullMs: 2000 + randomInteger(random, 20_000), sizeBytes: 400_000_000, failure }],
    [
      "app",
      {
        ...{ present: false, sizeBytes: 50_000_000, failure: () => (registry.gone > 0 ? missing("app") : null) },
        get pullMs() {
          return 300 + registry.pullMs;
        },
      },
    ],
    ["gone", { present: false, pullMs: 20, sizeBytes: 1_000, failure: () => (repaired() ? null : missing("gone")) }],
  ]);
}
