// The flags of services: a task's template, how many replicas, and how a change is rolled out. docker's names are accepted.

import type { TemplateServiceBody } from "../../../model/service/service-input.ts";
import type { Flag } from "../../command/flag.ts";
import type { FlagValues } from "../../command/flag-values.ts";
import { templateFlags } from "../task/flags/template-flags.ts";

export const replicaFlags: readonly Flag[] = templateFlags({
  description: "when a replica is started again: always (the default), on-failure, on-failure:N or never",
});

export const replicasFlag: Flag = { long: "replicas", value: "N", description: "how many replicas are kept running" };

export const noResolveFlag: Flag = {
  long: "no-resolve-image",
  description: "do not look up what the tag stands for: each node gets what its registry has at that time",
};

export const modeFlag: Flag = {
  long: "mode",
  value: "MODE",
  description: "replicated (the default): --replicas of them; global: one on each node that fits",
  choices: ["replicated", "global"],
};

export const rolloutFlags: readonly Flag[] = [
  {
    long: "parallelism",
    aliases: ["update-parallelism"],
    value: "N",
    description: "slots that a rollout replaces at a time; 0 for all (1 by default)",
  },
  { long: "delay", aliases: ["update-delay"], value: "TIME", description: "pause between two steps of a rollout" },
  { long: "max-surge", value: "N", description: "replicas beyond the wanted number during a rollout (1 by default)" },
  { long: "max-unavailable", value: "N", description: "replicas that may be missing during a rollout (0 by default)" },
  {
    long: "order",
    aliases: ["update-order"],
    value: "ORDER",
    description: "start-first, stop-first, or auto (the default): start-first where both can run at once",
    choices: ["auto", "start-first", "stop-first"],
  },
  {
    long: "monitor",
    aliases: ["update-monitor"],
    value: "TIME",
    description: "how long new replicas must stay up before a rollout is done (5s by default)",
  },
  {
    long: "min-ready",
    value: "TIME",
    description: "how long a new replica runs before it replaces an old one (1s by default)",
  },
  { long: "deadline", value: "TIME", description: "how long a rollout may take (10m by default)" },
  { long: "max-failures", value: "N", description: "failed replicas that a rollout bears (0 by default)" },
  {
    long: "on-failure",
    aliases: ["update-failure-action"],
    value: "ACTION",
    description: "what becomes of a rollout that fails: rollback (the default), pause or continue",
    choices: ["rollback", "pause", "continue"],
  },
  { long: "canary", value: "N", description: "slots that get a new revision before podling service promote" },
  { long: "drain", value: "TIME", description: "time between the end of new traffic and the stop (1s by default)" },
];

const most = 1_000_000;

/** Only what is given; the master keeps or fills in the rest. */
export function rolloutOf(flags: FlagValues): TemplateServiceBody["rollout"] {
  const rollout = {
    parallelism: flags.integer("parallelism", 0, most),
    delayMs: flags.durationMs("delay"),
    maxSurge: flags.integer("max-surge", 0, most),
    maxUnavailable: flags.integer("max-unavailable", 0, most),
    order: flags.text("order") as "auto" | undefined,
    minReadyMs: flags.durationMs("min-ready"),
    monitorMs: flags.durationMs("monitor"),
    deadlineMs: flags.durationMs("deadline"),
    maxFailures: flags.integer("max-failures", 0, most),
    onFailure: flags.text("on-failure") as "rollback" | undefined,
    canary: flags.integer("canary", 0, most),
    drainMs: flags.durationMs("drain"),
  };
  const given = Object.entries(rollout).filter(([, value]) => value !== undefined);
  return given.length === 0 ? undefined : Object.fromEntries(given);
}
