// Rows of the keys below build and develop: Podling runs images that are built already.

import { alike, below, changed, ignored, type KeyRow } from "../row.ts";

const how = [
  "context dockerfile dockerfile_inline entitlements args ssh labels cache_from cache_to no_cache additional_contexts network pull",
  "target shm_size extra_hosts isolation privileged tags platforms ulimits ulimits.*.hard ulimits.*.soft",
  "secrets secrets[].source secrets[].target secrets[].uid secrets[].gid secrets[].mode",
].join(" ");

const command = ["command", "user", "privileged", "working_dir", "environment"].map((key) => `watch[].exec.${key}`);
const watched = ["path", "action", "target", "ignore", "include", "exec"].map((key) => `watch[].${key}`);

export const buildRows: readonly KeyRow[] = below("services.*", [
  changed(
    "build",
    "Podling builds no images: nodes pull the image that the key image names, which must be there.",
    "docker compose build --push, to a registry that the nodes reach.",
  ),
  ...below(
    "build",
    alike(ignored, how, "It says how the image is built, and Podling builds none.", "docker compose build --push."),
  ),
  ignored("develop", "It is for compose watch, which changes containers while files are edited.", ""),
  ...below("develop", alike(ignored, ["watch", ...watched, ...command].join(" "), "It is for compose watch.", "")),
]);
