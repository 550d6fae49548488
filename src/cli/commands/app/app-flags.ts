// The flags of the commands that make an app of compose files, and of those that only try it.

import type { Flag } from "../../command/flag.ts";
import { composeFlags } from "./compose-files.ts";

export const appFlags: readonly Flag[] = [
  ...composeFlags,
  { long: "app", value: "NAME", description: "name of the app, in the place of the name of the files" },
  { long: "strict", description: "change nothing if the files have keys that Podling ignores" },
  {
    long: "resolve",
    value: "WHICH",
    description: "which tags of images are looked up: all, those that are new to a service, or none",
    choices: ["always", "changed", "never"],
    default: "changed",
  },
];
