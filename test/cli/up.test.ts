// What podling up shows on a terminal, and the waiting line that counts. The roles are those of the test.

import { afterEach, beforeEach, expect, test } from "bun:test";
import type { Io } from "../../src/cli/command/io.ts";
import { Cluster, settings, until } from "./harness.ts";

let cluster: Cluster;
beforeEach(() => {
  cluster = new Cluster();
  isWatching = false;
});
afterEach(async () => {
  settings.asUp = undefined;
  await cluster.stop();
});

const flags = ["--port", "9999", "--worker-port", "1", "--hostname", "n1", "--data-dir", "/d"];

/** True when the screen's stream of changes is open. */
let isWatching = false;
const fetchSeen: Io["fetch"] = async (url, init) => {
  const response = await fetch(url, init);
  if (new URL(url).pathname.endsWith("/watch")) isWatching = true;
  return response;
};

/** Runs `up` on a terminal of 80 columns; `act` gets what it has shown so far. */
async function shown(
  act: (text: () => string) => Promise<void>,
  more: string[] = [],
  joined: Promise<void> = Promise.resolve(),
) {
  let text = () => "";
  settings.asUp = async (screen) => {
    screen!.log("master").info("recovered", { revision: 1 });
    screen!.log("worker").warn("the engine is away", { why: "permission denied", hint: "Add your user to docker" });
    screen!.started(cluster.url, joined);
    await act(() => text());
    await screen!.stopping();
    return 0;
  };
  const running = cluster.start(["up", ...flags, ...more], { terminal: 80, env: { NO_COLOR: "1" }, fetch: fetchSeen });
  text = running.err;
  const { code, err, out } = await running.ended;
  expect([code, out]).toEqual([0, ""]);
  return err;
}

test("greets, says what to type next, and at the end what keeps running", async () => {
  const engine = { name: "docker", version: "27.1", os: "linux", arch: "amd64" };
  await cluster.node("n1", { engine, cpu: 2, memory: 4 * 1024 ** 3 });
  const text = await shown(async (seen) => {
    await until(() => seen().includes("Ctrl-C ends podling up; containers keep running."));
    await until(() => isWatching);
    await cluster.running("web", { ports: [{ containerPort: 80, hostPort: 8090 }] });
    await until(() => seen().includes(" web: running, "));
    const job = await cluster.running("job");
    await cluster.report(job.taskId, { status: "failed", exitCode: 3, reason: { code: "exited", message: "exited" } });
    await until(() => seen().includes(" job: failed (exit 3), exited\n"));
  });
  const url = cluster.url.replace("127.0.0.1", "localhost");
  expect(text).toContain(`Podling is ready: ${url} (the API as a page:\n${url}/docs)\n`);
  expect(text).toContain("Node n1: docker 27.1, 2 cores, 4 GiB. Data: /d\n");
  expect(text).toContain(`  export PODLING_MASTER_URL=${url}\n  podling run web --image nginx -p 8090:80 `);
  expect(text).toMatch(/\n\d\d:\d\d:\d\d web: running, 127\.0\.0\.1:8090->80\/tcp\n/);
  expect(text).toEndWith("\n1 container keeps running: web. podling up finds it again\n");
  expect(text).not.toContain("recovered");
  expect(text).toMatch(
    /^\d\d:\d\d:\d\d warning: worker: the engine is away: permission denied\. Add your user\n {9}to docker\n/,
  );
}, 30_000);

test("an engine that cannot be used comes before what to type next", async () => {
  await cluster.node("n1", { engineError: "no rights for the engine at unix:///x.sock: permission denied" });
  const text = await shown(async (seen) => void (await until(() => seen().includes("Ctrl-C"))), ["-v", "--token", "x"]);
  expect(text).toContain("Podling runs, but no task can start yet: http");
  expect(text).toContain("Node n1: no rights for the engine at unix:///x.sock: permission denied\n");
  expect(text).toContain("export PODLING_TOKEN=");
  expect(text).toContain("master: recovered (revision 1)\n");
  expect(text).toEndWith("\npodling up has ended; no container is running\n");
});

test("in a pipe there is no screen", async () => {
  settings.asUp = async (screen) => (screen === null ? 7 : 0);
  expect((await cluster.podling(["up", ...flags])).code).toBe(7);
});

test("the line of a waiting command starts with the time, and counts", async () => {
  await cluster.create("slow");
  const waiting = cluster.start("wait slow --timeout 5s", { terminal: 60, env: { NO_COLOR: "1" } });
  const counts = () => new Set([...waiting.err().matchAll(/K(\d+) s {2}slow: pending, /g)].map(([, count]) => count));
  await until(() => counts().size >= 2);
  await cluster.client.call("stopTask", { id: "slow" });
  expect((await waiting.ended).out).toBe("slow stopped\n");
});
