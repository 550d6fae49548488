// A volume of an app. One that is there already becomes a member: it outlives the app that made it.

import type { AppVolume } from "../../../model/app/app.ts";
import { decideCreateVolume, decideUpdateVolume } from "../volumes.ts";
import type { AppRun, Part } from "./parts.ts";

/** What is left out stays as it is in a volume that is there. */
export function putVolume(run: AppRun, { name, writers, labels, node }: AppVolume): Part {
  const { state, context } = run;
  const member = { kind: "volume", name } as const;
  if (state.tables.volume.has(name))
    return run.put(member, true, decideUpdateVolume(state, { type: "updateVolume", name, writers, labels }));
  const create = {
    ...({ type: "createVolume", name, nodeId: node ?? null } as const),
    writers: writers ?? 1,
    labels: labels ?? {},
  };
  return run.put(member, false, decideCreateVolume(state, create, context));
}
