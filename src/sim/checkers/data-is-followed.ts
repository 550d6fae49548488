// No task with a named volume is placed away from its data, unless a user has given that up, or has moved or restored it.

import type { NodeId } from "../../model/ids.ts";
import { changesOf } from "../run/truth.ts";
import type { Checker } from "./checker.ts";
import { volumesOf } from "./volume-mounts.ts";

export const dataIsFollowed: Checker = {
  name: "data-is-followed",
  sentence: "A task with a named volume is placed where its data is, unless a user has released it.",
  class: "safety",
  hooks: (_, fail) => {
    /** Where the first task with each volume was placed: apart from the records, which are what is checked. */
    const homes = new Map<string, NodeId>();
    return {
      batch(certain) {
        const { batch, tasks } = certain;
        for (const { before, after } of changesOf(certain, "volume")) {
          // A move or a restore is over, and the record names the node that was to get the data.
          const target = before?.work && after?.work === null ? before.work.to : null;
          if (target !== null && after?.nodeId === target) homes.set(after.name, target);
        }
        // Commands are decided before tasks are placed.
        for (const { type, targets = [], refused } of batch.commands) {
          const isGivenUp = refused === undefined && (type === "releaseVolume" || type === "removeVolume");
          if (isGivenUp) for (const name of targets) homes.delete(name);
        }
        for (const { id, before, after } of tasks) {
          if (!after?.nodeId || before?.nodeId) continue;
          for (const { name } of volumesOf(after)) {
            const home = homes.get(name);
            if (home !== undefined && home !== after.nodeId)
              fail(`task ${id} is placed on ${after.nodeId}, and its volume ${name} is on ${home}`);
            homes.set(name, after.nodeId);
          }
        }
      },
    };
  },
};
