// The harness of the runtime contract for a real engine. It makes containers with labels of its own and removes those alone; what
// a crashed run left goes at the next start.

import { existsSync } from "node:fs";
import { DEMO_IMAGE, ensureImage } from "../../scripts/demo-image.ts";
import { engineFetch } from "../../scripts/ping-engine.ts";
import { containerLabels } from "../../src/model/cluster/cluster.ts";
import { DockerRuntime } from "../../src/runtime/docker/docker-runtime.ts";
import type { RuntimeHarness } from "./contract-subject.ts";

const pidOfRun = /^contract(\d+)x/;

/** Names the process, so that it is known later whether this run has ended. */
export function newClusterId(): string {
  return `contract${process.pid}x${Math.random().toString(36).slice(2, 10)}`;
}

/** Of this process, and of runs that have ended: other files may use the same engine now. */
function isLeftover(clusterId: string | undefined): boolean {
  const pid = pidOfRun.exec(clusterId ?? "")?.[1];
  return pid !== undefined && (Number(pid) === process.pid || !existsSync(`/proc/${pid}`));
}

export async function removeLeftovers(host: string): Promise<void> {
  const filters = encodeURIComponent(JSON.stringify({ label: [`${containerLabels.node}=node-contract`] }));
  const answer = await engineFetch(host, `/containers/json?all=1&filters=${filters}`);
  const found = (await answer.json()) as { Id: string; Labels: Record<string, string> }[];
  for (const { Id, Labels } of found) {
    if (isLeftover(Labels[containerLabels.cluster]))
      await engineFetch(host, `/containers/${Id}?force=1&v=1`, { method: "DELETE" });
  }
}

/** `host` as DOCKER_HOST has it. */
export async function dockerHarness(host: string): Promise<RuntimeHarness> {
  await ensureImage(host);
  await removeLeftovers(host);
  const engine = async (method: string, path: string, body?: unknown) => {
    const init = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await engineFetch(host, path, {
      method,
      headers: { "content-type": "application/json" },
      ...init,
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json().catch(() => null) as Promise<{ Id: string }>;
  };
  let made = 0;
  return {
    runtime: new DockerRuntime(host),
    image: DEMO_IMAGE,
    // Nothing listens on port 1: the registry is unreachable, without leaving the machine.
    missingImage: "127.0.0.1:1/podling-missing:none",
    programs: {
      forever: ["sleep", "600"],
      stubborn: ["sh", "-c", "trap '' TERM; while true; do sleep 1; done"],
      exit: (code) => ["sh", "-c", `exit ${code}`],
      print: (stdout, stderr) => ["sh", "-c", 'echo "$0"; echo "$1" >&2', stdout, stderr],
      longLine: ["sh", "-c", "echo first; head -c 40000 /dev/zero | tr '\\0' x; echo; printf last"],
      unstartable: ["/no/such/program"],
      serve: (port) => ["httpd", "-f", "-p", String(port), "-h", "/www"],
    },
    commands: {
      good: ["true"],
      bad: ["sh", "-c", "echo out; echo err >&2; exit 1"],
      hang: ["sleep", "600"],
    },
    others: {
      async makeImage(name) {
        const { Id } = await engine("POST", "/containers/create", { Image: DEMO_IMAGE });
        const query = new URLSearchParams({ container: Id, repo: name.split(":")[0]!, tag: name.split(":")[1]! });
        await engine("POST", `/commit?${query}`, { Labels: { made: `${Date.now()} ${made++}` } });
        await engine("DELETE", `/containers/${Id}`);
      },
      async nameImage(image, name) {
        const [repo, tag] = name.split(":");
        await engine("POST", `/images/${encodeURIComponent(image)}/tag?repo=${repo}&tag=${tag}`);
      },
      async makeVolume(name) {
        await engine("POST", "/volumes/create", { Name: name });
      },
    },
    clusterId: newClusterId(),
    close: () => removeLeftovers(host),
  };
}
