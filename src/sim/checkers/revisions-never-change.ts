// A revision is written once, under a number that no other revision of its service ever had, and each replica is made from its
// own revision.

import { revisionId } from "../../model/service/service.ts";
import { changesOf } from "../run/truth.ts";
import type { Checker } from "./checker.ts";
import { stepsOf } from "./service-steps.ts";

export const revisionsNeverChange: Checker = {
  name: "revisions-never-change",
  sentence: "A revision never changes, its number is given once, and each replica is made from its revision.",
  class: "safety",
  hooks: ({ truth }, fail) => {
    /** The text of every revision that ever was. */
    const texts = new Map<string, string>();
    const textOf = (value: unknown) => JSON.stringify(value);
    const same = () => {
      for (const [id, revision] of truth.state.tables.revision)
        if (textOf(revision) !== texts.get(id)) fail(`revision ${id} is not what it was when it was written`);
    };
    return {
      batch(certain) {
        for (const { before, after } of changesOf(certain, "revision")) {
          const id = revisionId((after ?? before)!.serviceId, (after ?? before)!.number);
          if (before !== null && after !== null) fail(`revision ${id} was changed`);
          if (after === null) continue;
          if (texts.has(id)) fail(`revision ${id} was written a second time`);
          texts.set(id, textOf(after));
        }
        const revised = changesOf(certain, "task").flatMap(({ before, after }) =>
          before && after && before.owner?.revision !== after.owner?.revision ? [after] : [],
        );
        for (const { service, created } of stepsOf(truth, certain))
          for (const task of [...created, ...revised.filter(({ owner }) => owner?.id === service.serviceId)]) {
            const id = revisionId(service.serviceId, task.owner!.revision ?? 0);
            const revision = truth.state.tables.revision.get(id);
            if (!revision) fail(`${task.name} is made from revision ${id}, which is not there`);
            else if (textOf(revision.spec) !== textOf(task.spec))
              fail(`${task.taskId} is of revision ${id}, and has another template`);
          }
      },
      recovered: same,
      quiescent: same,
    };
  },
};
