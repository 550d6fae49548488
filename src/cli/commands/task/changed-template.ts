// What the flags of an update change in the template that a service, job or schedule has.

import { inputOfSpec } from "../../../model/task/input-spec.ts";
import type { PackedSpec, PlacementRules } from "../../../model/task/spec.ts";
import type { FlagValues } from "../../command/flag-values.ts";
import { removedProbes } from "./flags/probes.ts";
import type { TaskBody } from "./task-input.ts";

/** The body of an update: the template with what the flags change in it. `bodyOf`: what the flags say, with this image. */
export async function changedTemplate(
  spec: PackedSpec,
  flags: FlagValues,
  bodyOf: (image: string) => Promise<Pick<TaskBody, "image" | "env" | "labels" | "placement">>,
): Promise<object> {
  const before = inputOfSpec(spec);
  for (const probe of removedProbes(flags)) delete before[probe];
  const image = flags.text("image") ?? before.image;
  // Flags of one container do not say which of several they mean.
  const { image: _, ...given } = await bodyOf(image ?? "");
  return { ...before, ...given, ...merged(before, given), ...(image === undefined ? {} : { image }) };
}

/** Variables and labels are added to those that there are; of its placement, only what is given changes. */
function merged(
  before: {
    env?: Readonly<Record<string, string>>;
    labels?: Readonly<Record<string, string>>;
    placement?: PlacementRules | undefined;
  },
  given: Pick<TaskBody, "env" | "labels" | "placement">,
): object {
  return {
    ...(given.env ? { env: { ...before.env, ...given.env } } : {}),
    ...(given.labels ? { labels: { ...before.labels, ...given.labels } } : {}),
    ...(given.placement ? { placement: { ...before.placement, ...given.placement } } : {}),
  };
}
