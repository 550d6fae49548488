// A node with Podman: what docs/ENGINES.md says of services, pods and volumes there.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { DEMO_IMAGE, ensureImage } from "../../scripts/demo-image.ts";
import { engineFetch } from "../../scripts/ping-engine.ts";
import type { TaskView } from "../../src/api/views/task.ts";
import { containerLabels } from "../../src/model/cluster/cluster.ts";
import type { Node } from "../../src/model/node/node.ts";
import type { ServiceView } from "../../src/model/service/view.ts";
import { describeLab } from "../../tools/lab/available.ts";
import { Cluster, type MasterProcess, podling } from "../../tools/lab/cluster.ts";
import { Lab } from "../../tools/lab/lab.ts";
import { until } from "../../tools/lab/until.ts";

const patienceMs = 40_000;
const image = DEMO_IMAGE;

describeLab("a node with Podman", () => {
  let lab: Lab;
  let master: MasterProcess;
  let host: string;
  beforeAll(async () => {
    lab = await Lab.start();
    const engine = await lab.podman();
    host = engine.host;
    await ensureImage(host, image);
    const cluster = Cluster.in(lab);
    master = await cluster.master().start();
    await cluster.worker({ master, engine, hostname: "n1" }).start();
    await until("the node", async () => (await master.json<Node>("GET", "/api/v1/nodes/n1")).engine !== null);
  }, 60_000);
  afterAll(() => lab?.down());

  const must = async (...words: string[]): Promise<string> => {
    const { code, stdout, stderr } = await podling(words, { master });
    if (code !== 0) throw new Error(`podling ${words.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
    return stdout;
  };
  const task = (name: string) => master.json<TaskView>("GET", `/api/v1/tasks/${name}`);
  const kill = async (container: string): Promise<void> => {
    const filters = encodeURIComponent(JSON.stringify({ label: [`podling.container=${container}`] }));
    const found = (await (await engineFetch(host, `/containers/json?filters=${filters}`)).json()) as { Id: string }[];
    expect(found).toHaveLength(1);
    expect((await engineFetch(host, `/containers/${found[0]!.Id}/kill`, { method: "POST" })).ok).toBe(true);
  };

  test("says which engine it has", async () => {
    expect((await master.json<Node>("GET", "/api/v1/nodes/n1")).engine).toMatchObject({ name: "podman" });
  });

  test("a service is rolled out, and goes back when its program is not in the image", async () => {
    const words = ["--image", image, "--replicas", "2", "-p", "80", "--stop-timeout", "1", "--monitor", "500ms"];
    const probe = ["--readiness", "http=:80/,period=1s"];
    await must("service", "create", "web", ...words, ...probe, "--", "httpd", "-f", "-p", "80", "-h", "/www");
    await must("service", "update", "web", "-e", "VERSION=two");
    const failed = await podling(["service", "update", "web", "--", "htpd"], { master });
    expect([failed.code, failed.stderr]).toEqual([1, expect.stringContaining("back to revision 2")]);
    const { stable, replicas } = await master.json<ServiceView>("GET", "/api/v1/services/web");
    expect([stable, replicas.serving]).toEqual([2, 2]);
    await must("service", "rm", "web");
  }, 90_000);

  test("the containers of a pod share network and folder, and start again when the sandbox is killed", async () => {
    const site = { mounts: [{ type: "shared", source: "site", target: "/site" }] };
    const page = { name: "page", image, command: ["sh", "-c", "echo hello >/site/index.html"], ...site };
    const web = { name: "web", image, command: ["httpd", "-f", "-p", "8000", "-h", "/site"], sidecar: true, ...site };
    const script = "until wget -qO- http://localhost:8000/; do sleep 0.2; done; exec sleep 600";
    const app = { name: "app", image, command: ["sh", "-c", script], dependsOn: ["web"] };
    const body = { name: "shop", stopGraceSeconds: 1, restartPolicy: "always" };
    await master.json("POST", "/api/v1/tasks", { ...body, initContainers: [page], containers: [app, web] });
    const answers = async (count: number) => (await must("logs", "shop")) === "hello\n".repeat(count);
    await until("the page", async () => (await task("shop")).status === "running" && answers(1), patienceMs);
    await kill("sandbox");
    await until("the page again", () => answers(2), patienceMs);
    await must("rm", "-f", "shop");
  }, 90_000);

  test("a volume outlives its task, and is backed up and restored", async () => {
    const script = "echo started >>/rows/log; cat /rows/log; exec sleep 600";
    const run = ["run", "db", "--image", image, "--stop-timeout", "1", "-v", "rows:/rows", "--", "sh", "-c", script];
    const shows = (count: number) =>
      until(`${count} lines`, async () => (await must("logs", "db")) === "started\n".repeat(count), patienceMs);
    await must(...run);
    await shows(1);
    await must("rm", "-f", "db");
    const archive = join(lab.folder("archives"), "rows.tar");
    await must("volume", "backup", "rows", archive);
    await must(...run);
    await shows(2);
    await must("rm", "-f", "db");
    await must("volume", "restore", "rows", archive, "--replace");
    await must(...run);
    await shows(2);
    await must("rm", "-f", "db");
    await must("volume", "rm", "rows");
    const filters = encodeURIComponent(JSON.stringify({ label: [containerLabels.cluster] }));
    await until("no container to be left", async () => {
      const left = await (await engineFetch(host, `/containers/json?all=1&filters=${filters}`)).json();
      return (left as object[]).length === 0;
    });
  }, 90_000);
});
