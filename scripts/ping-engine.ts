// Finds the Docker engine of this machine: prints its address (unix://... or tcp://...) and exits 0, or prints one
// sentence on stderr and exits 1. Used by the set-up script and the demo. It must not start or change anything.

import { existsSync } from "node:fs";
import { homedir } from "node:os";

const PING_TIMEOUT_MS = 3_000;

export type EngineSearch = { host: string } | { problem: string };

/** Sockets, the most common first: the system's, Docker Desktop's, a rootless one, Podman's. */
export function candidateHosts(env: Record<string, string | undefined>): string[] {
  const named = env.DOCKER_HOST;
  if (named) return [named];
  const sockets = ["/var/run/docker.sock", `${homedir()}/.docker/run/docker.sock`];
  const runtimeDir = env.XDG_RUNTIME_DIR;
  if (runtimeDir) sockets.push(`${runtimeDir}/docker.sock`, `${runtimeDir}/podman/podman.sock`);
  return sockets.map((path) => `unix://${path}`);
}

/** A fetch to the engine behind `host`. The path starts with a slash. */
export function engineFetch(host: string, path: string, init: RequestInit = {}): Promise<Response> {
  if (host.startsWith("unix://")) {
    return fetch(`http://localhost${path}`, { ...init, unix: host.slice("unix://".length) });
  }
  return fetch(`${host.replace(/^tcp:/, "http:").replace(/\/$/, "")}${path}`, init);
}

async function ping(host: string): Promise<string | null> {
  if (!/^(unix|tcp|http):\/\//.test(host)) return `DOCKER_HOST is ${host}; only unix:// and tcp:// addresses are known`;
  if (host.startsWith("unix://") && !existsSync(host.slice("unix://".length))) return `there is no socket at ${host}`;
  try {
    const answer = await engineFetch(host, "/_ping", { signal: AbortSignal.timeout(PING_TIMEOUT_MS) });
    return answer.ok ? null : `${host} answers with status ${answer.status}`;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    return code === "EACCES" || code === "EPERM"
      ? `${host} refuses this user: join the group docker (and log in again), or use sudo`
      : `${host} does not answer (${code})`;
  }
}

export async function findEngine(env: Record<string, string | undefined> = process.env): Promise<EngineSearch> {
  let problem = "no Docker engine was found";
  let reported = 0;
  for (const host of candidateHosts(env)) {
    const failure = await ping(host);
    if (failure === null) return { host };
    // A socket that exists but does not answer is the better problem to report; of several, the first.
    const weight = failure.startsWith("there is no socket") ? 1 : 2;
    if (weight > reported) {
      problem = failure;
      reported = weight;
    }
  }
  return { problem };
}

if (import.meta.main) {
  const found = await findEngine();
  if ("host" in found) {
    process.stdout.write(`${found.host}\n`);
  } else {
    process.stderr.write(`${found.problem}\n`);
    process.exit(1);
  }
}
