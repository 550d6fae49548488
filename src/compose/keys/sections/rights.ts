// Rows of the keys of a service that say what its processes may do, and which devices they get.

import { alike, below, butFor, honoured, type KeyRow, refused, text } from "../row.ts";

const mayForbid = "A node may forbid it (podling worker --restrict).";
const noShared = "A container has its own namespace, and the program would not see what it is to see.";

/** A namespace that only `private` leaves as it is. */
function namespace(key: string): KeyRow {
  return butFor(
    refused(key, noShared, "Leave it out if the program runs without."),
    "private",
    text(/^private$/),
    honoured(""),
  );
}

const requests = "capabilities count device_ids driver options";

export const rightRows: readonly KeyRow[] = below("services.*", [
  ...alike(honoured, "privileged cap_add security_opt", mayForbid),
  ...alike(honoured, "cap_drop group_add", ""),
  ...alike(honoured, "devices devices[].source devices[].target devices[].permissions", mayForbid),
  refused(
    "device_cgroup_rules",
    "There is no field for it, and the program would be refused the device.",
    "Name the devices under devices.",
  ),
  butFor(
    honoured("gpus", mayForbid),
    "a list of several",
    (value) => Array.isArray(value) && value.length > 1,
    refused("", "A container has one request for graphics cards.", "Write one item with count or device_ids."),
  ),
  ...below("gpus[]", alike(honoured, requests, "")),
  namespace("cgroup"),
  namespace("ipc"),
  refused("pid", noShared, "Leave it out if the program runs without."),
  refused("uts", noShared, "Leave it out if the program runs without."),
  refused("userns_mode", noShared, "Leave it out; the engine's own setting counts."),
]);
