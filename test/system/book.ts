// What clients have asked for and what the master has acknowledged, task by task; and what the tasks' own programs have
// written down of their runs, in a file that every container has mounted. It judges nothing (auditor.ts). Test support.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TaskView } from "../../src/api/views/task.ts";

/** A job ends by itself with its code; a service runs until it is stopped, and then ends with 0. */
export type Wish = { name: string; kind: "job" | "service"; exitCode: number; policy: "never" | "always" };

/** The newest that the master has said of one task: of a name there is more than one only where nodes were lost. */
export type KnownTask = Pick<
  TaskView,
  "taskId" | "nodeId" | "containerId" | "status" | "desired" | "exitCode" | "restarts" | "replacedBy"
> & { code: string; message: string };

export type Entry = Wish & {
  askedMs: number;
  /** Null: it is to run on. */
  endedMs: number | null;
  /** Oldest first; each is the replacement of the one before. Empty: not acknowledged. */
  lineage: KnownTask[];
  removed: boolean;
};

export type Run = { name: string; container: string };

export const bookMount = "/book";
const runsFile = "runs";

export function knownTask(task: TaskView): KnownTask {
  const { taskId, nodeId, containerId, status, desired, exitCode, restarts, replacedBy, reason } = task;
  return {
    ...{ taskId, nodeId, containerId, status, desired, exitCode, restarts, replacedBy },
    ...{ code: reason.code, message: reason.message },
  };
}

export class Book {
  readonly entries = new Map<string, Entry>();
  /** On this machine; mounted into every container. */
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  ask(wish: Wish): Entry {
    const entry: Entry = { ...wish, askedMs: performance.now(), endedMs: null, lineage: [], removed: false };
    this.entries.set(wish.name, entry);
    return entry;
  }

  /** The master has said this of a task of that entry. */
  note(entry: Entry, task: TaskView): void {
    const known = knownTask(task);
    const place = entry.lineage.findIndex(({ taskId }) => taskId === known.taskId);
    if (place < 0) entry.lineage.push(known);
    else entry.lineage[place] = known;
  }

  ended(entry: Entry): void {
    entry.endedMs = performance.now();
  }

  /** What the task's program runs: it writes its name and its container down before anything else. */
  script({ name, kind, exitCode }: Wish, lastsSeconds: number): string {
    const write = `echo "${name} $HOSTNAME" >> ${bookMount}/${runsFile}`;
    // A service waits for a child and not in a loop: hundreds of them must cost nothing.
    const rest =
      kind === "job" ? `sleep ${lastsSeconds}; exit ${exitCode}` : "trap 'exit 0' TERM; sleep 86400 & wait $!";
    return `${write}; ${rest}`;
  }

  runs(): Run[] {
    const path = join(this.folder, runsFile);
    if (!existsSync(path)) return [];
    return readFileSync(path, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => {
        const [name = "", container = ""] = line.split(" ");
        return { name, container };
      });
  }
}
