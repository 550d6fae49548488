// The record kind of configs: one record for each version.

import type { Kind, StreamForm } from "../kinds/kind.ts";
import { limits } from "../limits.ts";
import { type Config, type ConfigId, type ConfigView, configId, viewConfig } from "./config.ts";

export const configKind: Kind<
  ConfigId,
  Config,
  Config,
  Record<string, never>,
  "configs",
  StreamForm<Config, ConfigView, "name" | "version">
> = {
  plural: "configs",
  position: 7,
  idOf: configId,
  pack: (config) => config,
  unpack: (packed) => packed,
  update: (config) => config,
  view: viewConfig,
  summary: (config) => ({ name: configId(config), status: "", live: false }),
  stream: { removedFields: ["name", "version"] },
  loadSchema: async () => (await import("./schema.ts")).config,
  loadViewSchema: async () => (await import("./schema.ts")).configView,
  migrations: [],
  limit: limits.contents,
  whenFull: (count) => ({
    message: `the cluster holds ${count} versions of configs, which is its limit`,
    hint: "Remove configs that are no longer used: podling config rm NAME.",
  }),
  retention: `the newest ${limits.versionsKept} of a config, and every one in use`,
};
