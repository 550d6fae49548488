// The short form of a published port: [[IP:]HOST:]CONTAINER[/PROTOCOL], with ranges. A range becomes one entry a port.

import { type Entry, made, mapping, pathText, scalar, type Tree } from "../tree/tree.ts";
import type { FormContext } from "./form-context.ts";

const shape = 'Write HOST:CONTAINER, such as "8080:80", or IP:HOST:CONTAINER/udp.';

/** Several for a range. A long form gets the defaults for protocol and mode. */
export function longPort(tree: Tree, { path, findings }: FormContext): Tree[] {
  if (tree.kind === "mapping") return [withDefaults(tree.entries, tree)];
  if (tree.kind !== "scalar" || tree.value === null || typeof tree.value === "boolean") return [tree];
  const text = String(tree.value);
  const fail = (why: string): Tree[] => {
    findings.error(tree.place, pathText(path), `${JSON.stringify(text)}: ${why}`, shape);
    return [];
  };
  const [address = "", protocol = "tcp", ...more] = text.split("/");
  if (more.length > 0 || !/^(tcp|udp|sctp)$/i.test(protocol)) return fail("the protocol is tcp, udp or sctp");
  const parts = parted(address);
  if (!parts) return fail("this is no port");
  const container = range(parts.container);
  if (!container) return fail(`the container's port ${JSON.stringify(parts.container)} is no port from 1 to 65535`);
  const host = parts.host === "" ? null : range(parts.host);
  if (parts.host !== "" && !host)
    return fail(`the host's port ${JSON.stringify(parts.host)} is no port from 0 to 65535`);
  const common = { mode: "ingress", host_ip: parts.ip || undefined };
  const count = container.last - container.first + 1;
  if (container.first < 1) return fail("the container's port is 0");
  if (host && count > 1 && host.last - host.first + 1 !== count) return fail("the two ranges have different lengths");
  return Array.from({ length: count }, (_, index) => {
    const published = count === 1 ? parts.host : host && String(host.first + index);
    const target = container.first + index;
    return made({ ...common, target, published: published || undefined, protocol: protocol.toLowerCase() }, tree.place);
  });
}

function withDefaults(entries: ReadonlyMap<string, Entry>, { place, mark }: Tree): Tree {
  const defaults: [string, Entry][] = [
    ["mode", { place, value: scalar("ingress", place) }],
    ["protocol", { place, value: scalar("tcp", place) }],
  ];
  return mapping([...defaults.filter(([key]) => !entries.has(key)), ...entries], place, mark);
}

/** An IPv6 address has brackets, or is all that comes before the last two colons. */
function parted(address: string): { ip: string; host: string; container: string } | null {
  const bracket = /^\[([^\]]+)\]:([^:]*):([^:]+)$/.exec(address);
  if (bracket) return { ip: bracket[1]!, host: bracket[2]!, container: bracket[3]! };
  const words = address.split(":");
  const container = words.pop()!;
  const host = words.pop() ?? "";
  return container === "" || address.startsWith("[") ? null : { ip: words.join(":"), host, container };
}

function range(text: string): { first: number; last: number } | null {
  const match = /^([0-9]{1,5})(?:-([0-9]{1,5}))?$/.exec(text);
  if (!match) return null;
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  return last > 65_535 || last < first ? null : { first, last };
}
