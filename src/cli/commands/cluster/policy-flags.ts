// The flags of worker and up that say what containers may do on the machine, and their conversion to a policy.

import type { NodePolicy } from "../../../model/node/policy.ts";
import { normalPath } from "../../../model/task/needs.ts";
import type { Context } from "../../command/context.ts";
import { UsageError } from "../../command/failure.ts";
import type { Flag } from "../../command/flag.ts";

export const policyFlags: readonly Flag[] = [
  {
    long: "restrict",
    description:
      "allow containers no mounts of folders of this machine, no devices, not its network, and no privileges, but for what --allow-* names; each --allow-* flag implies it",
  },
  {
    long: "allow-bind",
    value: "PATH",
    description: "folder that containers may mount, with all below it; symbolic links are followed",
    repeatable: true,
    completes: "folders",
  },
  {
    long: "allow-privileged",
    description:
      "allow privileged containers, further capabilities, other security options, volume drivers and log drivers that send",
  },
  { long: "allow-host-network", description: "allow containers to use the network of this machine" },
  { long: "allow-device", description: "allow containers to use devices of this machine, also --gpus" },
];

/** Null if none of the flags was given: everything is allowed. */
export function policyOf({ flags, io }: Context): NodePolicy | null {
  const policy = {
    binds: flags.texts("allow-bind").map(folderOf),
    ...{ privileged: flags.has("allow-privileged"), hostNetwork: flags.has("allow-host-network") },
    devices: flags.has("allow-device"),
  };
  const { binds, privileged, hostNetwork, devices } = policy;
  if (!flags.has("restrict") && binds.length === 0 && !privileged && !hostNetwork && !devices) return null;
  const engine = flags.text("docker-host") || io.env.DOCKER_HOST || "unix:";
  if (binds.length === 0 || engine.startsWith("unix:")) return policy;
  throw new UsageError(
    `--allow-bind: the engine at ${engine} may be on another machine, whose folders cannot be checked from here`,
    "Run the worker on the machine of its engine.",
  );
}

function folderOf(path: string): string {
  if (path.startsWith("/")) return normalPath(path);
  throw new UsageError(`--allow-bind ${path}: expected an absolute path`, "Begin it with /.");
}
