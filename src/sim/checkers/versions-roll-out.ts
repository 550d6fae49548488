// A new version of a config or a secret becomes a new revision of each service that uses it, in the same batch. From there on it is
// a rollout as any other, which the checkers of services watch.

import type { Delta } from "../../core/state/delta.ts";
import { revisionId } from "../../model/service/service.ts";
import type { ContentReference } from "../../model/task/content-reference.ts";
import { type CertainBatch, changesOf } from "../run/truth.ts";
import type { Checker } from "./checker.ts";
import { namedBy, numberOf } from "./content-users.ts";

/** True when a new version is to reach a service without another update. */
function follows({ version, onChange }: ContentReference): boolean {
  return version === undefined && onChange !== "none";
}

/** True when a command of the batch was about the service: it may have taken the content away, or gone back. */
function isAskedFor({ batch }: CertainBatch, serviceId: string): boolean {
  // Of commands beyond the limit of a batch, only the number is known.
  return batch.commands.some(
    ({ type, targets, refused }) =>
      /Service$/.test(type) && refused === undefined && (targets?.includes(serviceId) ?? true),
  );
}

export const versionsRollOut: Checker = {
  name: "versions-roll-out",
  sentence: "A new version of a config or secret is a new revision of every service that uses it.",
  class: "safety",
  hooks: ({ truth }, fail) => {
    const specOf = (serviceId: string, number: number) =>
      truth.state.tables.revision.get(revisionId(serviceId as never, number))?.spec;
    return {
      batch(certain) {
        const made = certain.deltas.flatMap((delta: Delta) =>
          (delta.kind === "config" || delta.kind === "secret") && delta.before === null && delta.after !== null
            ? [{ kind: delta.kind, ...(delta.after as { name: string; version: number }) }]
            : [],
        );
        if (made.length === 0) return;
        const earlier = new Map(changesOf(certain, "service").map(({ before }) => [before?.serviceId, before]));
        for (const service of truth.state.tables.service.values()) {
          const { serviceId, target, name } = service;
          if (isAskedFor(certain, serviceId)) continue;
          const before = earlier.get(serviceId) ?? service;
          const used = namedBy(specOf(serviceId, before.target) ?? { init: [], containers: [] });
          for (const content of made) {
            const isSame = (one: (typeof used)[number]) =>
              one.kind === content.kind && one.reference.name === content.name && follows(one.reference);
            if (!used.some(isSame)) continue;
            const now = namedBy(specOf(serviceId, target)!).filter(isSame);
            if (now.some(({ reference }) => (numberOf(reference) ?? 0) < content.version))
              fail(`${content.kind} ${content.name} has version ${content.version}, and ${name} goes on without it`);
          }
        }
      },
    };
  },
};
