// A container is started when those that it depends on are as far as it says: also after a restart of the engine or the machine,
// when what was so before counts no more.

import type { TaskId } from "../../model/ids.ts";
import type { Dependency } from "../../model/task/spec.ts";
import type { WorkerMachine } from "../machines/worker-machine.ts";
import type { Checker, Container } from "./checker.ts";
import { findMember, keyOf, PodSpecs, runsInNetwork } from "./pod-specs.ts";
import { waitsForProbe } from "./ready-has-passed.ts";

/** A worker may not know yet that a container has ended. */
const newsMs = 10_000;

/** How the last run of a container ended. */
interface End {
  atMs: number;
  /** True when it had been as far as others wait for. */
  wasHealthy: boolean;
  /** True when its engine ended, too: a worker that finds it so knows. One that hangs tells nothing until later. */
  withEngine: boolean;
}

export const dependenciesHold: Checker = {
  name: "dependencies-hold",
  sentence: "A container starts when those that it depends on run, are healthy or have completed; after a reboot too.",
  class: "safety",
  hooks: ({ world, disturbance, truth }, fail) => {
    const specs = new PodSpecs();
    const completed = new Set<string>();
    /** Runs in which a check went well. */
    const passed = new Set<string>();
    const ends = new Map<string, End>();
    /** Starts that a worker has asked for too early, with what is wrong. */
    const early = new Map<string, string>();
    const runKey = ({ containerId, startedAt }: Container) => `${containerId} ${startedAt}`;
    const isHealthy = (one: Container) => {
      const spec = specs.containerOf(one);
      return spec === undefined || !waitsForProbe(spec) || passed.has(runKey(one));
    };
    const holds = (machine: WorkerMachine, taskId: string, name: string, condition: Dependency) => {
      const key = keyOf(machine, taskId, name);
      // A main container that has finished does not run again, also where the disk of its run is gone: the record says so.
      const recorded = truth.tasks.get(taskId as TaskId)?.containers?.find((one) => one.name === name);
      const isOver = completed.has(key) || recorded?.status === "completed";
      if (condition !== "healthy" && isOver) return true;
      const member = findMember(machine, taskId, name);
      const isFar = (wasHealthy: boolean) => condition === "started" || (condition === "healthy" && wasHealthy);
      if (member && runsInNetwork(machine, member) && isFar(isHealthy(member))) return true;
      // In a network that is gone it was so until a moment ago.
      if (member?.status === "running" && !runsInNetwork(machine, member)) return true;
      const end = ends.get(key);
      if (!end || end.withEngine || !isFar(end.wasHealthy)) return false;
      return Math.min(world.now - end.atMs, disturbance.undisturbedMs(machine.name)) < newsMs;
    };
    return {
      batch: (certain) => specs.batch(certain),
      answered(container, good) {
        if (good) passed.add(runKey(container));
      },
      end(machine, container) {
        const key = keyOf(machine, container.taskId, container.container);
        if (container.exitCode === 0) completed.add(key);
        const { answers, hangs } = machine.engine.engine;
        const withEngine = !answers && !hangs;
        ends.set(key, { atMs: world.now, wasHealthy: isHealthy(container), withEngine });
      },
      start(machine, taskId, container) {
        early.delete(container.containerId);
        for (const [name, condition] of Object.entries(specs.containerOf(container)?.dependsOn ?? {})) {
          if (!holds(machine, taskId, name, condition))
            early.set(container.containerId, `${name}, which is not ${condition}`);
        }
      },
      run({ name }, taskId, { container, containerId }) {
        const what = early.get(containerId);
        if (what !== undefined) fail(`${container} of ${taskId} is started on ${name}, and depends on ${what}`);
      },
    };
  },
};
