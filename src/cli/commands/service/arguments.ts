// The services that a command takes as its arguments.

import type { Arguments } from "../../command/command.ts";

export const oneService: Arguments = { name: "SERVICE", min: 1, max: 1, completes: "services" };

export const severalServices: Arguments = {
  name: "SERVICE",
  min: 1,
  max: Number.POSITIVE_INFINITY,
  completes: "services",
};
