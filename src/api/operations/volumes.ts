// The operations on named volumes.

import { limits } from "../../model/limits.ts";
import type { VolumeRemoval, VolumeView } from "../../model/volume/volume.ts";
import { json, operation, tarMediaType } from "./operation.ts";
import { bodyRefusals, findNodeRefusals, writeRefusals } from "./refusals.ts";

const refusals = ["volume-not-found", ...writeRefusals] as const;
const copyRefusals = ["volume-in-use", "node-unreachable", "engine-refused", "unprocessable"] as const;
const uploadRefusals = ["unsupported-media-type", "body-too-large"] as const;

export const volumeOperations = {
  createVolume: operation<VolumeView>()({
    method: "POST",
    path: "/api/v1/volumes",
    summary:
      "Create a volume before a task mounts it. A task that mounts a volume of which there is no record creates one, too.",
    access: "write",
    body: "VolumeInput",
    status: 201,
    media: json,
    answer: "Volume",
    refusals: [...bodyRefusals, "name-taken", ...findNodeRefusals, ...writeRefusals],
  }),
  listVolumes: operation<VolumeView[]>()({
    method: "GET",
    path: "/api/v1/volumes",
    summary: "List volumes, by name.",
    access: "read",
    status: 200,
    media: json,
    answer: "VolumeList",
    refusals: [],
  }),
  getVolume: operation<VolumeView>()({
    method: "GET",
    path: "/api/v1/volumes/{id}",
    summary: "One volume, by its name: where its data is, and which tasks use it.",
    access: "read",
    status: 200,
    media: json,
    answer: "Volume",
    refusals: ["volume-not-found"],
  }),
  updateVolume: operation<VolumeView>()({
    method: "PUT",
    path: "/api/v1/volumes/{id}",
    summary: "Change how many tasks may write to a volume, or its labels. What is left out stays as it is.",
    access: "write",
    body: "VolumeUpdate",
    status: 200,
    media: json,
    answer: "Volume",
    refusals: [...bodyRefusals, "volume-in-use", ...refusals],
  }),
  deleteVolume: operation<VolumeRemoval>()({
    method: "DELETE",
    path: "/api/v1/volumes/{id}",
    summary:
      "Remove a volume with its data. Refused while a task, a service, a schedule or a job that has not ended mounts it. With force also if its node cannot be reached: then the data stays there.",
    access: "write",
    query: "force",
    status: 200,
    media: json,
    answer: "VolumeRemoval",
    refusals: [...copyRefusals, ...refusals],
  }),
  backupVolume: operation<ReadableStream<Uint8Array>>()({
    method: "GET",
    path: "/api/v1/volumes/{id}/archive",
    summary:
      "The files of a volume as a tar archive, below volume/, with owners and modes. Tasks that would use it wait until the end.",
    access: "write",
    query: "live",
    status: 200,
    media: tarMediaType,
    streams: true,
    answer: "Any",
    example: "volume/...",
    refusals: [...copyRefusals, ...refusals],
  }),
  restoreVolume: operation<VolumeView>()({
    method: "PUT",
    path: "/api/v1/volumes/{id}/archive",
    summary:
      "Make a volume from such an archive, on the node that has its data, else on any. Creates it if there is none.",
    access: "write",
    upload: tarMediaType,
    uploadBytes: limits.volumeBytes,
    query: "restoreVolume",
    status: 200,
    media: json,
    answer: "Volume",
    refusals: [...uploadRefusals, ...copyRefusals, ...findNodeRefusals, ...refusals],
  }),
  moveVolume: operation<VolumeView>()({
    method: "POST",
    path: "/api/v1/volumes/{id}/move",
    summary:
      "Copy the files of a volume to another node, which has its data then, and remove them where they were. Answers when done, and goes on if the client disconnects.",
    access: "write",
    query: "moveVolume",
    status: 200,
    media: json,
    answer: "Volume",
    refusals: [...copyRefusals, ...findNodeRefusals, ...refusals],
  }),
  releaseVolume: operation<VolumeView>()({
    method: "POST",
    path: "/api/v1/volumes/{id}/release",
    summary:
      "Give the data of a volume up where it is, because its node does not come back. Tasks that wait for it start with an empty volume, on any node.",
    access: "write",
    query: "force",
    status: 200,
    media: json,
    answer: "Volume",
    refusals: ["volume-in-use", ...refusals],
  }),
} as const;
