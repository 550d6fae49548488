// Rows of the keys of a service for its mounts, configs and secrets.

import { alike, below, butFor, changed, honoured, type KeyRow, refused, text, unlessOff } from "../row.ts";

const ofVolume = "The data is on one node, and tasks with it run there; one task at a time writes to it.";
const manyWriters = "x-podling: {writers: many} at the volume, in the section volumes, allows several writers.";
const ofNode = "The folder is one of the node that runs the replica, and must exist there, except with selinux.";
const pin = "Pin the service to its node (deploy.placement.constraints), or use a named volume.";
const noSubpath = "A volume is mounted as a whole, and the program would see other files.";

export const storageRows: readonly KeyRow[] = below("services.*", [
  honoured("volumes"),
  ...below("volumes[]", [
    butFor(
      honoured("type"),
      "cluster, npipe, image",
      text(/^(cluster|npipe|image)$/),
      refused("", "Podling mounts volumes, folders and memory.", "Use bind, volume or tmpfs."),
    ),
    butFor(changed("source", ofVolume, manyWriters), "a path", text(/^[./~]/), changed("", ofNode, pin)),
    ...alike(honoured, "target read_only consistency", ""),
    ...alike(honoured, "bind bind.propagation bind.selinux", ""),
    unlessOff(changed("bind.create_host_path", ofNode, pin)),
    butFor(
      honoured("bind.recursive"),
      "writable, readonly",
      text(/^(writable|readonly)$/),
      refused("", "Whether mounts below the folder can be written cannot be said.", "Write enabled or disabled."),
    ),
    ...alike(honoured, "volume volume.labels volume.nocopy", ""),
    refused("volume.subpath", noSubpath, "Mount the whole volume, and give the program the path in it."),
    ...alike(honoured, "tmpfs tmpfs.size tmpfs.mode", ""),
    ...alike(
      refused,
      "image image.subpath",
      "Podling mounts no images.",
      "Copy the files into the service's own image.",
    ),
  ]),
  refused(
    "volumes_from",
    "A container gets no mounts of another one, and the program would not find its files.",
    "Name the volumes in both services.",
  ),
  honoured("tmpfs"),
  ...alike(honoured, "configs configs[].source configs[].target configs[].uid configs[].gid configs[].mode", ""),
  ...alike(honoured, "secrets secrets[].source secrets[].target secrets[].uid secrets[].gid secrets[].mode", ""),
]);
