// A volume with one writer is written to by one task at a time: in the records, and by the containers on a machine.

import type { TaskId } from "../../model/ids.ts";
import { isPlaced } from "../../model/task/reason.ts";
import type { TaskView } from "../../model/task/view.ts";
import type { WorkerMachine } from "../machines/worker-machine.ts";
import type { Checker } from "./checker.ts";
import { volumesOf } from "./volume-mounts.ts";

export const singleWriter: Checker = {
  name: "single-writer",
  sentence: "A volume with one writer is mounted for writing by one task at a time, and by one container of a machine.",
  class: "safety",
  hooks: ({ truth }, fail) => {
    /** Of each task that was placed, the volumes that it writes to: its record may be gone while its container runs. */
    const written = new Map<TaskId, string[]>();
    /** The containers that were started on each machine, by the volume. */
    const started = new Map<WorkerMachine, Map<string, Set<string>>>();
    const hasOneWriter = (name: string) => truth.state.tables.volume.get(name)?.writers === 1;
    const writersOf = (name: string): TaskView[] =>
      [...truth.tasks.values()].filter(
        (task) => isPlaced(task.status) && volumesOf(task).some((volume) => volume.name === name && volume.writes),
      );
    return {
      batch({ tasks }) {
        for (const { id, before, after } of tasks) {
          if (!after?.nodeId || before?.nodeId) continue;
          const names = volumesOf(after).flatMap(({ name, writes }) => (writes ? [name] : []));
          written.set(id, names);
          for (const name of names) {
            const others = hasOneWriter(name) ? writersOf(name).filter(({ taskId }) => taskId !== id) : [];
            if (others.length > 0) fail(`${id} and ${others[0]!.taskId} may both write to the volume ${name}`);
          }
        }
      },
      run(machine, taskId) {
        for (const name of written.get(taskId as TaskId) ?? []) {
          const here = started.get(machine) ?? new Map<string, Set<string>>();
          started.set(machine, here);
          const users = here.get(name) ?? new Set<string>();
          here.set(name, users.add(taskId));
          for (const other of users) {
            if (other === taskId) continue;
            if (!machine.engine.runs(other)) users.delete(other);
            else if (hasOneWriter(name)) fail(`${taskId} and ${other} write to the volume ${name} on ${machine.name}`);
          }
        }
      },
    };
  },
};
