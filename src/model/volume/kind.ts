// The record kind of volumes.

import type { Kind, StreamForm } from "../kinds/kind.ts";
import { limits } from "../limits.ts";
import type { Volume, VolumeUsage, VolumeView } from "./volume.ts";

export type VolumeUpdate = Partial<Omit<Volume, "name" | "createdAt">>;

export const volumeKind: Kind<
  string,
  Volume,
  Volume,
  VolumeUpdate,
  "volumes",
  StreamForm<Volume, VolumeView, "name", never, keyof VolumeUsage>
> = {
  plural: "volumes",
  position: 10,
  idOf: ({ name }) => name,
  pack: (volume) => volume,
  unpack: (packed) => packed,
  update: (volume, set) => ({ ...volume, ...set }),
  // Most volumes are bound in the tick that makes their record.
  merge: (volume, set) => ({ ...volume, ...set }),
  view: (volume) => volume,
  summary: ({ name, state, hostname }) => ({
    name,
    status: hostname === null ? state : `${state} to ${hostname}`,
    live: false,
  }),
  stream: { removedFields: ["name"], masterFields: ["usedBy", "message"] },
  loadSchema: async () => (await import("./schema.ts")).volume,
  loadViewSchema: async () => (await import("./schema.ts")).volumeView,
  migrations: [],
  limit: limits.volumes,
  retention: "until it is removed",
};
