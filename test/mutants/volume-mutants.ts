// Mistakes in where tasks with named volumes run. Plain data.

import type { Mutant } from "./mutant.ts";

const book = "src/core/schedule/index/volume-book.ts";
const work = "src/core/commands/volume-work.ts";

export const volumeMutants: readonly Mutant[] = [
  {
    name: "data-left-behind",
    sentence: "A task starts on any node, wherever the data of its volumes is.",
    file: book,
    find: "if (nodeId === null || nodeId === place) continue;",
    replace: "if (nodeId !== undefined || nodeId === place) continue;",
    caughtBy: ["data-is-followed", "data-is-kept"],
  },
  {
    name: "two-writers",
    sentence: "A task starts while another one writes to its volume.",
    file: book,
    find: 'if (!writes || volume?.writers === "many") return null;',
    replace: "return null;",
    caughtBy: ["single-writer"],
  },
  {
    name: "data-gone-unnoticed",
    sentence: "A worker starts a task with an empty volume when the data of the volume is gone from its node.",
    file: "src/worker/task/container-runner.ts",
    find: "await checkData(assignment, this.#context);",
    replace: "await checkData({ spec: assignment.spec }, this.#context);",
    caughtBy: [],
    tests: ["test/worker/node-volumes.test.ts"],
  },
  {
    name: "unwanted-container-keeps-writing",
    sentence: "A container starts while another one, which is not to run any more, still has its volume.",
    file: "src/worker/task/container-runner.ts",
    find: "await checkVolumes(spec, this.#context);",
    replace: "await checkVolumes({ ...spec, mounts: [] }, this.#context);",
    caughtBy: [],
    tests: ["test/worker/node-volumes.test.ts"],
  },
  {
    name: "moved-without-its-data",
    sentence: "A move that failed in the middle counts as done: the record names the other node.",
    file: work,
    find: 'return { work: null, copies: withCopy(volume, { nodeId: to!, hostname: hostname!, why: "copied" }) };',
    replace: 'return { work: null, nodeId: to, hostname, state: "bound", filled: true };',
    caughtBy: ["moves-keep-data"],
  },
  {
    name: "cut-move-removes-data",
    sentence: "A move that failed in the middle removes the data where it was.",
    file: "src/master/volumes/volume-jobs.ts",
    find: "    if (!filled.ok) return filled;\n    await this.#removeCopy(begun.value, source.value);",
    replace: "    await this.#removeCopy(begun.value, source.value);\n    if (!filled.ok) return filled;",
    caughtBy: ["moves-keep-data"],
  },
  {
    name: "half-volume-stays",
    sentence: "A container starts with a volume that a worker was filling when it was killed.",
    file: "src/worker/task/container-runner.ts",
    find: "await this.#context.volumes.prepare(namedVolumes(assignment.spec), assignment.placedAt);",
    replace: "await this.#context.volumes.prepare([], assignment.placedAt);",
    caughtBy: ["no-half-volumes"],
  },
  {
    name: "half-volume-read",
    sentence: "A worker answers a backup with the files that a restore has written so far.",
    file: "src/worker/volumes/volume-store.ts",
    find: 'if (!this.#worksOn(name).some(({ kind }) => kind === "fills")) return null;',
    replace: 'if (!this.#worksOn(name).some(({ kind }) => kind !== "fills")) return null;',
    caughtBy: [],
    tests: ["src/worker/volumes/volume-store.test.ts"],
  },
  {
    name: "late-removal",
    sentence: "The removal of an old copy goes on while the volume is filled, and takes the new files.",
    file: "src/worker/volumes/volume-store.ts",
    find: "if (stop.signal.aborted) return (stop.signal.reason as Error).message;",
    replace: "if (stop.signal.aborted && signal.aborted) return (stop.signal.reason as Error).message;",
    caughtBy: [],
    tests: ["src/worker/volumes/volume-store.test.ts"],
  },
  {
    name: "removal-of-newer-data",
    sentence:
      "The removal of an old copy that comes late takes what a later copy has brought, or a later task has made.",
    file: "src/worker/volumes/volume-store.ts",
    find: "if (revision === null || since <= revision) return null;",
    replace: "if (revision === null || since > 0) return null;",
    caughtBy: [],
    tests: ["src/worker/volumes/volume-store.test.ts"],
  },
  {
    name: "half-restore-in-live-backup",
    sentence: "The master answers a live backup while a restore writes the files, and after one that failed.",
    file: "src/master/volumes/volume-jobs.ts",
    find: 'return (volume?.work?.job === "restore" && refuseAtWork(volume)) || ok(null);',
    replace: 'return (volume?.work?.job === "backup" && refuseAtWork(volume)) || ok(null);',
    caughtBy: [],
    tests: ["test/worker/volume-copies.test.ts"],
  },
];
