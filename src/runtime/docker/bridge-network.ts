// Finds out that the engine has no usable bridge network: it answers, but starts no container with a network of its own.
// Either it was started without one (`--bridge none`), or the network's interface is missing, as after `ip link del docker0`
// or a restart of the network. A missing interface is reported only if it is certain; a worker in a container, or an engine
// in a virtual machine, has other interfaces than the engine.

import { readFile, realpath } from "node:fs/promises";
import { hostname } from "node:os";
import type { EngineHttp } from "./engine-http.ts";
import { bridgeNoneAdvice, saysBridgeIsMissing } from "./errors.ts";

/** What is read of the answer of GET /info. */
export interface EngineInfoAnswer {
  Name?: string;
  OSType?: string;
  OperatingSystem?: string;
}

/** What this machine says of itself. */
export interface MachineFacts {
  hostname: string;
  /** The text of a file, with links resolved. Throws if there is none. */
  read(path: string): Promise<string>;
  resolve(path: string): Promise<string>;
}

export const machineFacts: MachineFacts = {
  hostname: hostname(),
  read: (path) => readFile(path, "utf8"),
  resolve: (path) => realpath(path),
};

/** The sentence, or null if the bridge is there or if this cannot be known from here. */
export async function bridgeFault(
  http: EngineHttp,
  info: EngineInfoAnswer,
  facts: MachineFacts,
): Promise<string | null> {
  // The default network of Podman, and that of engines for Windows, has another name.
  if ((await http.isPodman()) || (info.OSType ?? "linux") !== "linux") return null;
  try {
    const response = await http.call("GET", "/networks/bridge");
    const answer = (await response.json()) as { message?: string; Options?: Record<string, string> | null };
    if (response.status === 404 && saysBridgeIsMissing(answer.message ?? "")) {
      return `the engine at ${http.host} has no bridge network, so it starts no container with a network of its own. ${bridgeNoneAdvice}`;
    }
    const name = response.ok ? answer.Options?.["com.docker.network.bridge.name"] : undefined;
    if (!name || !(await isHere(http.host, info, facts))) return null;
    if (interfacesIn(await facts.read("/proc/net/dev")).includes(name)) return null;
    return `the engine at ${http.host} has no bridge network: the interface ${name} does not exist, so no container can start. Restart Docker (sudo systemctl restart docker)`;
  } catch {
    return null;
  }
}

/** True when the engine's interfaces are those that this process sees. */
async function isHere(host: string, info: EngineInfoAnswer, facts: MachineFacts): Promise<boolean> {
  if (!host.startsWith("unix://") || info.Name !== facts.hostname) return false;
  return !/desktop/i.test(info.OperatingSystem ?? "") && listensHere(host.slice("unix://".length), facts);
}

/** True when the engine's socket was opened in the network namespace of this process: the kernel lists only those. */
async function listensHere(socket: string, facts: MachineFacts): Promise<boolean> {
  const wanted = await facts.resolve(socket);
  for (const line of (await facts.read("/proc/net/unix")).split("\n")) {
    const [, , , flags, , , , path] = line.trim().split(/\s+/);
    if (flags !== acceptsConnections || path === undefined || !path.startsWith("/")) continue;
    if (path === socket || (await facts.resolve(path).catch(() => "")) === wanted) return true;
  }
  return false;
}

/** The flag of a listening socket in /proc/net/unix. */
const acceptsConnections = "00010000";

function interfacesIn(text: string): string[] {
  return text.split("\n").flatMap((line) => /^\s*([^\s:]+):/.exec(line)?.[1] ?? []);
}
