// The flags of `run` for commands that take a template of tasks: services and jobs.

import type { Flag } from "../../../command/flag.ts";
import { runFlags } from "./run-flags.ts";

/** Those of `run` that are about the one task, or about waiting for it. */
const ofOneTask: ReadonlySet<string> = new Set(["name", "again", "detach", "follow", "replicas", "rm", "timeout"]);

/** `restart`: what the command says of --restart instead. */
export function templateFlags(restart: Pick<Flag, "description" | "completes">): readonly Flag[] {
  return runFlags
    .filter(({ long }) => !ofOneTask.has(long))
    .map((flag) => (flag.long === "restart" ? { ...flag, ...restart } : flag));
}
