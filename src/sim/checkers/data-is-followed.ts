// No task with a named volume is placed away from its data, unless a user has given that up.

import type { NodeId } from "../../model/ids.ts";
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
      batch({ batch, tasks }) {
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
