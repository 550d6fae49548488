// step() and reduce() together, against a container that behaves at random: it ends, is removed, its engine refuses calls
// or does not answer, the master changes its mind. What must hold whatever happens is asserted at every step.

import { describe, expect, test } from "bun:test";
import { assigned, container } from "../../../test/worker/samples.ts";
import { toTimestamp } from "../../lib/clock.ts";
import { type Random, randomInteger, seededRandom } from "../../lib/random.ts";
import { limits } from "../../model/limits.ts";
import { isFinished, type ReasonCode } from "../../model/task/reason.ts";
import type { RestartPolicy } from "../../model/task/spec.ts";
import type { ContainerState } from "../../runtime/containers.ts";
import type { ContainerAssignment } from "./assignment.ts";
import { type ActionType, newProgress, type Progress } from "./attempts.ts";
import { type Outcome, reduce } from "./reduce.ts";
import { backoffMs, runsAgain } from "./restart-policy.ts";
import { type Action, type Observation, step, wantsLog } from "./step.ts";

const begin = Date.parse("2025-01-19T12:00:00.000Z");

/** Chances in percent, of each call or step. */
interface Chances {
  refusal: number;
  silence: number;
  imageMissing: number;
}

const noTrouble: Chances = { refusal: 0, silence: 0, imageMissing: 0 };

/** The runner's loop without an engine: every call has an outcome that is drawn. */
class Machine {
  progress: Progress;
  now = begin;
  readonly reports: Observation[] = [];
  readonly actions: { type: Action["type"]; at: number }[] = [];
  /** What the engine really has. */
  engine: ContainerState | null = null;
  readonly #random: Random;
  chances: Chances;
  #made = 0;

  constructor(random: Random, assignment: ContainerAssignment, chances: Chances) {
    this.#random = random;
    this.chances = chances;
    this.progress = newProgress(assignment);
  }

  draw(percent: number): boolean {
    return randomInteger(this.#random, 100) < percent;
  }

  apply(outcome: Outcome): void {
    const { progress, report } = reduce(this.progress, outcome, this.now);
    this.progress = progress;
    if (report) this.reports.push(report);
  }

  assign(assignment: ContainerAssignment | null): void {
    this.apply({ type: "assigned", assignment, deleted: false });
  }

  /** The container's program ends. */
  end(exitCode: number): void {
    if (this.engine?.status !== "running") return;
    this.engine = { ...this.engine, status: "exited", exitCode, finishedAt: toTimestamp(this.now) };
  }

  /** One step, and its action. */
  once(): Action {
    this.apply({ type: "observed", found: this.engine });
    this.apply({ type: "time" });
    if (wantsLog(this.progress, this.now)) this.apply({ type: "log-read", log: [], readAt: this.now });
    const { action, report } = step(this.progress, this.now);
    if (report) this.reports.push(report);
    this.actions.push({ type: action.type, at: this.now });
    if (action.type !== "none" && action.type !== "wait") this.#perform(action);
    else if (action.type === "none") this.apply({ type: "answered" });
    return action;
  }

  #perform(action: Exclude<Action, { type: "none" | "wait" }>): void {
    const { hadContainer } = this.progress.attempts;
    if (action.type === "start") this.apply({ type: "starting", restart: action.restart });
    if (this.draw(this.chances.silence)) this.apply({ type: "unanswered", action: action.type });
    else if (this.draw(this.chances.refusal)) this.#refuse(action.type);
    else this.#succeed(action, hadContainer);
  }

  #succeed(action: Exclude<Action, { type: "none" | "wait" }>, hadContainer: boolean): void {
    switch (action.type) {
      case "pull":
        this.apply({ type: "pulled" });
        break;
      case "create":
        if (this.draw(this.chances.imageMissing)) {
          this.apply({ type: "image-missing" });
          break;
        }
        this.engine = container({ containerId: `c${++this.#made}`, status: "created" });
        this.apply({ type: "created" });
        this.apply({ type: "starting", restart: hadContainer });
        this.#run();
        break;
      case "start":
        this.#run();
        break;
      case "stop":
        this.end(143);
        break;
      case "remove":
        this.engine = null;
        break;
    }
    this.apply({ type: "answered" });
  }

  #run(): void {
    this.engine = {
      ...this.engine!,
      status: "running",
      startedAt: toTimestamp(this.now),
      exitCode: null,
      finishedAt: null,
    };
  }

  #refuse(action: ActionType): void {
    const codes: ReasonCode[] = ["start-failed", "port-in-use", "create-failed", "container-lost"];
    const code = action === "pull" ? "registry-unreachable" : codes[randomInteger(this.#random, codes.length)]!;
    const unusable = code === "start-failed" && this.draw(20);
    const error = { code, message: "refused", temporary: this.draw(80), unusable, exitCode: null };
    this.apply({ type: "failed", action, error, portMayBeFreed: this.draw(30) });
  }

  /** Time goes to the end of a pause, or a little further. */
  pass(action: Action): void {
    this.now = action.type === "wait" ? Math.max(this.now + 1, action.until) : this.now + 100;
  }
}

function drawPolicy(random: Random): RestartPolicy {
  const modes = ["never", "on-failure", "always"] as const;
  const backoffInitialMs = 10 + randomInteger(random, 1000);
  return {
    mode: modes[randomInteger(random, 3)]!,
    maxRestarts: randomInteger(random, 2) === 0 ? null : randomInteger(random, 4),
    backoffInitialMs,
    backoffMaxMs: backoffInitialMs * (1 + randomInteger(random, 100)),
    resetAfterMs: 60_000,
  };
}

function drawAssignment(random: Random): ContainerAssignment {
  const pullPolicy = (["missing", "always", "never"] as const)[randomInteger(random, 3)]!;
  return assigned({ restartPolicy: drawPolicy(random), pullPolicy, stopGraceSeconds: randomInteger(random, 20) });
}

const seeds = Array.from({ length: 200 }, (_, seed) => seed);

/** Breaks things at random for a while; `check` looks at every step. */
function live(seed: number, check: (machine: Machine, before: Progress, action: Action) => void): Machine {
  const random = seededRandom(seed);
  const original = drawAssignment(random);
  const chances = {
    refusal: randomInteger(random, 30),
    silence: randomInteger(random, 30),
    imageMissing: 20,
  };
  const machine = new Machine(random, original, chances);
  for (let i = 0; i < 150; i++) {
    if (machine.draw(10)) machine.end(randomInteger(random, 3));
    if (machine.draw(2)) machine.engine = null;
    if (machine.draw(3)) machine.assign(machine.draw(50) ? null : { ...original, desired: "stopped" });
    else if (machine.draw(10)) machine.assign({ ...original, desired: machine.draw(20) ? "draining" : "running" });
    const before = { ...machine.progress, found: machine.engine };
    const action = machine.once();
    check(machine, before, action);
    if (machine.draw(80)) machine.pass(action);
    if (machine.draw(2)) machine.now += 120_000;
    if (machine.draw(1)) machine.now -= 3_600_000;
  }
  return machine;
}

describe("whatever happens to a container", () => {
  test.each(seeds.slice(0, 100))("reported restarts never decrease (seed %d)", (seed) => {
    const { reports } = live(seed, () => {});
    for (let i = 1; i < reports.length; i++) {
      expect(reports[i]!.restarts).toBeGreaterThanOrEqual(reports[i - 1]!.restarts);
    }
  });

  test.each(seeds.slice(0, 100))("a stop or a removal waits for nothing but its own failure (seed %d)", (seed) => {
    live(seed, (_, { assignment, found, attempts }, action) => {
      const stops =
        found?.status === "running" && assignment?.desired !== "running" && assignment?.desired !== "draining";
      if (!stops || attempts.failedAction === "stop") return;
      expect(action.type).toBe("stop");
    });
  });

  test.each(seeds.slice(0, 100))("nothing is pulled, created or started that is not to run (seed %d)", (seed) => {
    live(seed, (_, { assignment }, action) => {
      if (assignment === null || assignment.desired === "stopped") {
        expect(["stop", "remove", "wait", "none"]).toContain(action.type);
      }
    });
  });

  test.each(seeds.slice(0, 100))("what is to run is never stopped, also while it drains (seed %d)", (seed) => {
    live(seed, (_, { assignment }, action) => {
      if (assignment !== null && assignment.desired !== "stopped") expect(action.type).not.toBe("stop");
    });
  });

  test.each(seeds.slice(0, 100))(
    "no action that failed is tried before its pause is over, nor later than 30 s (seed %d)",
    (seed) => {
      live(seed, (machine, { attempts }, action) => {
        if (attempts.failedAction === action.type) {
          expect(machine.actions.at(-1)!.at).toBeGreaterThanOrEqual(Math.min(attempts.retryAt, machine.now));
        }
        const longest = Math.max(limits.retryMaxMs, machine.progress.assignment?.restartPolicy.backoffMaxMs ?? 0);
        expect(machine.progress.attempts.retryAt - machine.now).toBeLessThanOrEqual(longest);
      });
    },
  );

  test.each(seeds)("once trouble ends it comes to rest, and its state is reported (seed %d)", (seed) => {
    const machine = live(seed, () => {});
    machine.chances = noTrouble;
    let action = machine.once();
    for (let steps = 0; action.type !== "none"; steps++) {
      expect(steps).toBeLessThan(100); // no loop without an end
      machine.pass(action);
      action = machine.once();
    }
    const { assignment, found, attempts } = machine.progress;
    const last = machine.reports.at(-1);
    if (assignment === null) {
      expect(found?.status).not.toBe("running");
      return;
    }
    if (assignment.desired === "stopped")
      expect(last).toMatchObject({ status: "stopped", restarts: attempts.restarts });
    else if (found?.status === "running")
      expect(last).toMatchObject({ status: "running", containerId: found.containerId });
    else expect(isFinished(last!.status)).toBe(true);
    if (found?.status === "exited")
      expect(last).toMatchObject({ exitCode: found.exitCode, finishedAt: found.finishedAt });
  });
});

describe("restarts", () => {
  test.each(seeds.slice(0, 50))(
    "each pause is twice the last, up to the maximum, and a long run resets it (seed %d)",
    (seed) => {
      const random = seededRandom(seed);
      const restartPolicy = { ...drawPolicy(random), mode: "always" as const, maxRestarts: null };
      const machine = new Machine(random, assigned({ restartPolicy }), noTrouble);
      machine.once();
      let streak = 0;
      for (let run = 1; run <= 20; run++) {
        const long = machine.draw(20);
        machine.now += long ? restartPolicy.resetAfterMs : 1000;
        if (long) streak = 0;
        machine.end(1);
        const endedAt = machine.now;
        const wait = machine.once();
        expect(wait).toEqual({ type: "wait", until: endedAt + backoffMs(restartPolicy, streak) });
        const pauseMs = Math.min(restartPolicy.backoffMaxMs, restartPolicy.backoffInitialMs * 2 ** streak);
        expect(wait).toMatchObject({ until: endedAt + pauseMs });
        machine.pass(wait);
        expect(machine.once()).toMatchObject({ type: "start", restart: true });
        streak++;
        expect(machine.progress.attempts).toMatchObject({ restarts: run, streak });
      }
    },
  );

  test.each(seeds.slice(0, 50))(
    "a maximum is kept: so many restarts in a row, then the end is reported (seed %d)",
    (seed) => {
      const random = seededRandom(seed);
      const restartPolicy = {
        ...drawPolicy(random),
        mode: "on-failure" as const,
        maxRestarts: randomInteger(random, 6),
      };
      const machine = new Machine(random, assigned({ restartPolicy }), noTrouble);
      let starts = 0;
      for (
        let action = machine.once();
        action.type !== "none" || machine.engine?.status === "running";
        action = machine.once()
      ) {
        if (action.type === "create" || action.type === "start") starts++;
        machine.pass(action);
        machine.end(7);
      }
      expect(starts).toBe(restartPolicy.maxRestarts + 1);
      expect(machine.reports.at(-1)).toMatchObject({
        status: "failed",
        exitCode: 7,
        restarts: restartPolicy.maxRestarts,
      });
      expect(runsAgain(restartPolicy, machine.engine!, machine.progress.attempts)).toBe(false);
    },
  );
});

test("an engine that does not answer is asked less and less often, and after an answer as often as before", () => {
  const machine = new Machine(seededRandom(1), assigned(), { ...noTrouble, silence: 100 });
  const pauses: number[] = [];
  for (let i = 0; i < 9; i++) {
    const at = machine.now;
    machine.once();
    const { retryAt } = machine.progress.attempts;
    pauses.push(retryAt - at);
    machine.now = retryAt;
  }
  expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  machine.chances = noTrouble;
  machine.once();
  machine.chances = { ...noTrouble, silence: 100 };
  machine.assign(null);
  machine.once();
  expect(machine.progress.attempts.retryAt - machine.now).toBe(500);
});
