// Keeps, for each task, what a client asked for and what the master acknowledged; and reads what the tasks' own programs
// wrote about their runs, in a file that is mounted into every container. auditor.ts compares them. Test support.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TaskView } from "../../src/api/views/task.ts";

/** A job ends by itself with its code; a service runs until it is stopped, and then ends with 0. */
export type Order = { name: string; kind: "job" | "service"; exitCode: number; policy: "never" | "always" };

/**
 * The newest state of a task that the master has sent. A name has several tasks only when nodes were lost. `finishedMs` is in ms
 * of the test's own clock.
 */
export type KnownTask = Pick<
  TaskView,
  "taskId" | "nodeId" | "containerId" | "status" | "desired" | "exitCode" | "restarts" | "replacedBy"
> & { code: string; message: string; finishedMs: number | null };

export type Entry = Order & {
  askedMs: number;
  /** Null while it is to run. */
  endedMs: number | null;
  /** Oldest first; each is the replacement of the one before. Empty until the first is acknowledged. */
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
    finishedMs: task.finishedAt === null ? null : Date.parse(task.finishedAt) - performance.timeOrigin,
  };
}

export class Book {
  readonly entries = new Map<string, Entry>();
  /** On this machine; mounted into every container. */
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  ask(order: Order): Entry {
    const entry: Entry = { ...order, askedMs: performance.now(), endedMs: null, lineage: [], removed: false };
    this.entries.set(order.name, entry);
    return entry;
  }

  /** Keeps what the master sent about a task of that entry. */
  note(entry: Entry, task: TaskView): void {
    const known = knownTask(task);
    const place = entry.lineage.findIndex(({ taskId }) => taskId === known.taskId);
    if (place < 0) entry.lineage.push(known);
    else entry.lineage[place] = known;
  }

  ended(entry: Entry): void {
    entry.endedMs = performance.now();
  }

  /** The task's program: it first writes its name and its container into the file. */
  script({ name, kind, exitCode }: Order, lastsSeconds: number): string {
    const write = `echo "${name} $HOSTNAME" >> ${bookMount}/${runsFile}`;
    // A service waits for a child instead of looping, so that hundreds of them use no processor time.
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
