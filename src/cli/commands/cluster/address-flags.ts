// The flags of podling worker and up that say how the node is named and where it is reached.

import { hostNameLength, hostNamePattern, isIpAddress } from "../../../lib/ip-address.ts";
import { UsageError } from "../../command/failure.ts";
import type { Flag } from "../../command/flag.ts";
import type { FlagValues } from "../../command/flag-values.ts";
import type { WorkerSettings } from "../../command/roles.ts";

export const addressFlags: readonly Flag[] = [
  { long: "hostname", value: "NAME", description: "name of the node; by default the name of this machine" },
  {
    long: "address",
    value: "ADDRESS",
    description: "address at which the master reaches the worker; by default the one that it connects from",
  },
  {
    long: "publish-address",
    value: "IP",
    description: "address on which ports of services are published; by default that of the node",
  },
];

export function addressesOf(flags: FlagValues): Pick<WorkerSettings, "hostname" | "address" | "publishAddress"> {
  return {
    hostname: hostName(flags, "hostname"),
    address: hostName(flags, "address"),
    publishAddress: publishAddress(flags),
  };
}

/** Checked here, because a master that refuses the name does not end the worker. */
function hostName(flags: FlagValues, flag: string): string | null {
  const text = flags.text(flag);
  if (text === undefined) return null;
  if (text.length <= hostNameLength && hostNamePattern.test(text)) return text;
  throw new UsageError(
    `--${flag}: expected a host name or an IP address; got ${JSON.stringify(text.slice(0, hostNameLength))}`,
    "Use letters, digits, dot, - and _, and leave the flag out for its default.",
  );
}

function publishAddress(flags: FlagValues): string | null {
  const text = flags.text("publish-address");
  if (text === undefined || isIpAddress(text)) return text ?? null;
  throw new UsageError(
    `--publish-address: expected an IP address; got ${JSON.stringify(text.slice(0, hostNameLength))}`,
    "Write an address of this machine, or 0.0.0.0 for all of them.",
  );
}
