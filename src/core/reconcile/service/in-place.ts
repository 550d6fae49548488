// Revisions that a replica gets while it runs: those that differ only in versions of contents whose files may change. Its worker
// rewrites the files and sends the signals.

import { toTimestamp } from "../../../lib/clock.ts";
import type { Change } from "../../../model/change.ts";
import { pinnedSpec } from "../../../model/service/pinned.ts";
import type { Revision } from "../../../model/service/service.ts";
import { isSignalled } from "../../../model/task/content-fields.ts";
import type { ContentReference } from "../../../model/task/content-reference.ts";
import { packSpec } from "../../../model/task/spec.ts";
import { withReferences } from "../../state/contents.ts";
import { failedRestarts, type Replica, restartsOf } from "./replica.ts";

const texts = new WeakMap<Revision, string>();

/** All that a container cannot get while it runs. */
function fixedText(revision: Revision): string {
  let text = texts.get(revision);
  if (text === undefined) {
    const spec = withReferences(packSpec(revision.spec), (_, reference) => {
      const { resolved: _resolved, ...others } = reference;
      return isSignalled(reference) ? (others as ContentReference) : reference;
    });
    const { images = [], restarted = 0 } = revision;
    text = JSON.stringify({ spec, images, restarted });
    texts.set(revision, text);
  }
  return text;
}

/** True when the replica can have the other revision while it runs. On the way back, one that has failed is replaced. */
export function getsInPlace(replica: Replica, from: Revision, to: Revision, isRollback: boolean): boolean {
  if (!replica.available || (isRollback && failedRestarts(replica.task) > 0)) return false;
  return fixedText(from) === fixedText(to);
}

/** The replica is of this revision from now on. */
export function revisedChange({ task }: Replica, revision: Revision, now: number): Change {
  const { restarts: _, ...owner } = task.owner!;
  const restarts = restartsOf(task.observed.containers);
  const next = {
    ...owner,
    revision: revision.number,
    revisedAt: toTimestamp(now),
    ...(restarts > 0 ? { restarts } : {}),
  };
  return { type: "task.updated", id: task.taskId, set: { owner: next, spec: pinnedSpec(revision) } };
}
