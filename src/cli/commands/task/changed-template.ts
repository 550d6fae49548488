// What the flags of an update change in the template that a service, job or schedule has.

import type { PlacementRules } from "../../../model/task/spec.ts";
import type { TaskBody } from "./task-input.ts";

/** Variables and labels are added to those that there are; of its placement, only what is given changes. */
export function merged(
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
