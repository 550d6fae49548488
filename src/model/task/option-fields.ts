// The names of a container's fields that only some containers have. Without the schema, which commands of the CLI do not load.

/** The lists of a container of which an empty one means something else than one that was left out. */
export const clearable = ["command", "args"] as const;

/** The probes that the worker runs: probes.ts has their schema. */
export const probeFields = ["startupProbe", "livenessProbe", "readinessProbe"] as const;
export type ProbeField = (typeof probeFields)[number];

/** The options that only some containers have: options.ts has their schema. All but the probes are handed to the engine. */
export const optionFields = [
  ...(["network", "process", "security", "devices", "limits", "logging", "health"] as const),
  ...probeFields,
] as const;
export type OptionField = (typeof optionFields)[number];

/** What a container of a task of several may say beyond that. */
export const podFields = ["sidecar", "dependsOn", "restartPolicy"] as const;
export type PodField = (typeof podFields)[number];
