// The names of a container's fields that only some containers have. Without the schema, which commands of the CLI do not load.

/** The lists of a container of which an empty one means something else than one that was left out. */
export const clearable = ["command", "args"] as const;

/** The options that are handed to the engine as they are: options.ts has their schema. */
export const optionFields = ["network", "process", "security", "devices", "limits", "logging", "health"] as const;
export type OptionField = (typeof optionFields)[number];

/** What a container of a task of several may say beyond that. */
export const podFields = ["sidecar", "dependsOn", "restartPolicy"] as const;
export type PodField = (typeof podFields)[number];
