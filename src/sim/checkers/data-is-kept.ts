// What a task wrote to a named volume is what the next task with it reads, also on another node after a move: the simulated
// volumes have a version that each start of a writer replaces.

import type { Command } from "../../core/commands/command.ts";
import type { TaskId } from "../../model/ids.ts";
import { isPlaced } from "../../model/task/reason.ts";
import type { Volume } from "../../model/volume/volume.ts";
import type { WorkerMachine } from "../machines/worker-machine.ts";
import { changesOf } from "../run/truth.ts";
import type { Checker } from "./checker.ts";
import { type MountedVolume, machineOf, volumesByContainer } from "./volume-mounts.ts";

const givesUp: ReadonlySet<string> = new Set<Command["type"]>(["releaseVolume", "removeVolume", "forgetVolumeData"]);

export const dataIsKept: Checker = {
  name: "data-is-kept",
  sentence:
    "A container with a named volume finds there what the last one that wrote to it has left, unless a user gave that up.",
  class: "safety",
  hooks: ({ truth, workers }, fail) => {
    /** What was written last, by the volume. */
    const written = new Map<string, string>();
    /** Of each task that was placed: its record may be gone while its container runs. */
    const mounted = new Map<string, Map<string, MountedVolume[]>>();
    let version = 0;
    /** False for what is left of a lost task: its files are no longer those of the volume. */
    const isPlacedOn = ({ identity }: WorkerMachine, taskId: string) => {
      const task = truth.tasks.get(taskId as TaskId);
      return task !== undefined && isPlaced(task.status) && task.nodeId === identity?.nodeId;
    };
    /** After a restore the volume has what moves-keep-data looks at; after one that failed, nothing. */
    const restored = ({ name, nodeId, work }: Volume) => {
      const machine = work === null ? machineOf(workers, nodeId) : undefined;
      if (machine) written.set(name, machine.engine.storage.content(name));
      else written.delete(name);
    };
    return {
      batch(certain) {
        const { batch, tasks } = certain;
        for (const { before, after } of changesOf(certain, "volume")) {
          if (before?.work?.job === "restore" && after !== null && after.work !== before.work) restored(after);
        }
        for (const { type, targets = [], refused } of batch.commands) {
          if (refused === undefined && givesUp.has(type)) for (const name of targets) written.delete(name);
        }
        for (const { id, after } of tasks) {
          if (after?.nodeId && !mounted.has(id)) mounted.set(id, volumesByContainer(after));
        }
      },
      run(machine, taskId, { container }) {
        const { storage } = machine.engine;
        if (!isPlacedOn(machine, taskId)) return;
        for (const { name, writes } of mounted.get(taskId)?.get(container) ?? []) {
          const isKnown = truth.state.tables.volume.get(name)?.filled ?? false;
          const found = storage.content(name);
          const last = written.get(name);
          // Workers of release 0.1.0 do not look. Data of which the master does not know yet may be lost with its machine.
          if (last !== undefined && isKnown && !machine.old && found !== last)
            fail(`${taskId} finds ${JSON.stringify(found)} in the volume ${name} on ${machine.name}, and not ${last}`);
          if (!writes) continue;
          const next = `${name}, version ${++version}`;
          storage.setContent(name, next);
          written.set(name, next);
        }
      },
    };
  },
};
