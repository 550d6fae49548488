// A move takes the data of a volume as it is to the node that its record names then; one that fails leaves data and record where
// they were. A restore brings what a client has sent. What a record says that a node has, the node has.

import type { NodeId } from "../../model/ids.ts";
import type { Volume, VolumeWork } from "../../model/volume/volume.ts";
import type { WorkerMachine } from "../machines/worker-machine.ts";
import { changesOf } from "../run/truth.ts";
import type { Checker } from "./checker.ts";
import { machineOf } from "./volume-mounts.ts";

/** A machine with the disk that it had then. */
interface Disk {
  machine: WorkerMachine;
  wipes: number;
}

/** Work on a volume that has begun. */
interface Begun {
  /** What the node of the record had; null if that is not known, or if it had no such volume. */
  content: string | null;
  /** The disk with that content. */
  home: Disk | null;
  /** The disk that is to get the data. */
  target: Disk | null;
}

export const movesKeepData: Checker = {
  name: "moves-keep-data",
  sentence:
    "A move takes the data of a volume whole to the node that its record names then, one that fails leaves it where it was, and a restore brings what was sent.",
  class: "safety",
  hooks: ({ truth, workers, ledger }, fail) => {
    const begun = new Map<string, Begun>();
    /** Where each volume must be. */
    const homes = new Map<string, Disk>();
    const diskOf = (nodeId: NodeId | null): Disk | null => {
      const machine = machineOf(workers, nodeId);
      return machine ? { machine, wipes: machine.wipes } : null;
    };
    const begins = ({ name, nodeId, work }: Volume) => {
      const home = diskOf(nodeId);
      begun.set(name, { home, content: home && contentOn(home, name), target: diskOf(work!.to) });
    };
    const moved = ({ name, nodeId }: Volume, { to }: VolumeWork, { content, home, target }: Begun) => {
      const disk = nodeId === to ? target : home;
      if (content === null || disk === null || !isThere(disk, nodeId)) return;
      const found = contentOn(disk, name);
      const how = nodeId === to ? "was moved to" : "was not moved, and on";
      if (found !== content) fail(`${name} ${how} ${disk.machine.name} has ${found}, and had ${content}`);
    };
    const restored = ({ name, nodeId }: Volume, { content, target }: Begun) => {
      if (target === null || !isThere(target, nodeId)) return;
      const found = contentOn(target, name);
      // One that the worker refused leaves what is there.
      const isSent = found !== null && ledger.restored.get(name)?.has(found) === true;
      if (!isSent && found !== content) fail(`${name} was restored, and has ${found}, which no client has sent`);
    };
    const ends = (before: Volume, after: Volume, work: VolumeWork) => {
      const { name, nodeId } = after;
      const known = begun.get(name);
      begun.delete(name);
      if (nodeId !== before.nodeId && (nodeId !== work.to || after.work !== null))
        fail(`the ${work.job} of ${name} ended, and its record names ${nodeId}`);
      if (!known || after.work !== null) return;
      if (work.job === "move") moved(after, work, known);
      else if (work.job === "restore" && nodeId === work.to) restored(after, known);
    };
    const isMissing = (name: string, home: Disk) => {
      const volume = truth.state.tables.volume.get(name);
      if (!volume?.filled || volume.work !== null || !isThere(home, volume.nodeId)) return false;
      return machineOf(workers, volume.nodeId) === home.machine && contentOn(home, name) === null;
    };
    const look = () => {
      for (const [name, home] of homes)
        if (isMissing(name, home)) fail(`${home.machine.name} does not have ${name}, and its record says so`);
    };
    return {
      batch(certain) {
        for (const { before, after } of changesOf(certain, "volume")) {
          const { name } = (after ?? before)!;
          const was = before?.work ?? null;
          if (after && was !== null && was.failed === null && after.work !== was) ends(before!, after, was);
          if (after?.work && after.work.failed === null && after.work.id !== was?.id) begins(after);
          const disk = after?.filled ? diskOf(after.nodeId) : null;
          if (disk === null) homes.delete(name);
          else if (!before?.filled || before.nodeId !== after!.nodeId) homes.set(name, disk);
        }
      },
      periodic: look,
      converged: look,
    };
  },
};

/** True when the machine is the node, with the same disk. */
function isThere({ machine, wipes }: Disk, nodeId: NodeId | null): boolean {
  return machine.wipes === wipes && machine.identity?.nodeId === nodeId;
}

/** Null if the volume is not there, or not complete. */
function contentOn({ machine }: Disk, name: string): string | null {
  const { storage } = machine.engine;
  const isWhole = storage.volumes(false).some((one) => one.name === name) && !storage.partial.includes(name);
  return isWhole ? storage.content(name) : null;
}
