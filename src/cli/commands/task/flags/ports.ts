// -p of `run`: one port, or a range of them.

import type { BodyInput } from "../../../../api/operations/operations.ts";
import { isIpAddress, nodeAddress } from "../../../../lib/ip-address.ts";
import { UsageError } from "../../../command/failure.ts";

export type Port = NonNullable<BodyInput<"createTask">["ports"]>[number];

const protocols = ["tcp", "udp", "sctp"] as const;
type Protocol = (typeof protocols)[number];

interface Range {
  first: number;
  count: number;
}

/** `80`, `8080:80`, `127.0.0.1:8080:80/udp`, `[::1]:8080:80`, `0.0.0.0::80`, `8000-8010:80-90` */
export function parsePorts(text: string): Port[] {
  const wrong = (
    why: string,
    hint = "Write CONTAINER, HOST:CONTAINER or IP:HOST:CONTAINER, with /udp or /sctp for these protocols.",
  ) => new UsageError(`-p ${text}: ${why}`, hint);
  const match = /^(?:(?:(\[[^\]]+\]|[^:[\]]+):)?([^:/]*):)?([^:/]+)(?:\/([a-z]+))?$/i.exec(text);
  if (!match) throw wrong("not a port");
  const [, ip, host, container] = match;
  const protocol = (match[4] ?? "tcp").toLowerCase() as Protocol;
  if (!protocols.includes(protocol)) throw wrong(`${protocol} is none of ${protocols.join(", ")}`);
  const inside = parseRange(container!, 1);
  if (inside === undefined) throw wrong(`${container} is not a port from 1 to 65535`);
  const outside = host ? parseRange(host, 0) : null;
  if (outside === undefined) throw wrong(`${host} is not a port from 0 to 65535`);
  if (outside !== null && outside.count !== inside.count) {
    const counted = ({ count }: Range, side: string) => `${count} ${side} ${count === 1 ? "port" : "ports"}`;
    const counts = `${counted(outside, "host")} for ${counted(inside, "container")}`;
    throw wrong(counts, "Give as many of one as of the other. Without host ports the engine chooses free ones: -p 80.");
  }
  const hostIp = ip?.replace(/^\[|\]$/g, "");
  if (hostIp !== undefined && hostIp !== nodeAddress && !isIpAddress(hostIp))
    throw wrong(`${hostIp} is not an IP address`);
  return Array.from({ length: inside.count }, (_, index) => ({
    containerPort: inside.first + index,
    ...(outside === null ? {} : { hostPort: outside.first + index }),
    ...(protocol === "tcp" ? {} : { protocol }),
    ...(hostIp === undefined ? {} : { hostIp }),
  }));
}

function parseRange(text: string, least: 0 | 1): Range | undefined {
  const [first, last = first, ...more] = text.split("-").map((part) => parsePortNumber(part, least));
  if (first === undefined || last === undefined || last < first || more.length > 0) return undefined;
  return { first, count: last - first + 1 };
}

/** Repeats the rule of model/fields.ts: loading the validator would take a third of the start time of a command. */
function parsePortNumber(text: string, least: 0 | 1): number | undefined {
  const port = Number(text);
  return /^\d{1,5}$/.test(text) && port >= least && port <= 65_535 ? port : undefined;
}
