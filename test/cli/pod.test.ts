// podling pod: create, list, get and delete.

import { afterEach, beforeEach, expect, test } from "bun:test";
import type { PodView } from "../../src/model/task/pod-view.ts";
import { Cluster } from "./harness.ts";

let cluster: Cluster;
beforeEach(() => {
  cluster = new Cluster();
});
afterEach(() => cluster.stop());

const get = async (name: string) => JSON.parse((await cluster.podling(["pod", "get", name])).out) as PodView;

test("containers are given as NAME:IMAGE, with variables after it; ports are those of the first", async () => {
  const words = [
    "--container",
    "app:nginx:1.27:MODE=live,URL=http://a:1/?b=c",
    "--container",
    "cache:host:5000/redis:7",
  ];
  const more = ["-p", "8080:80", "-l", "tier=web", "--namespace", "sales", "--restart", "always"];
  const created = await cluster.podling(["pod", "create", "shop", ...words, ...more]);
  expect(created).toMatchObject({ code: 0, err: "" });
  const pod = await get("shop");
  expect(created.out).toBe(`${pod.podId}\n`);
  expect(pod).toMatchObject({ namespace: "sales", labels: { tier: "web" }, restartPolicy: "always" });
  expect(pod.containers).toMatchObject([
    { name: "app", image: "nginx:1.27", env: { MODE: "live", URL: "http://a:1/?b=c" }, ports: [{ hostPort: 8080 }] },
    { name: "cache", image: "host:5000/redis:7", env: {}, ports: [] },
  ]);
  expect((await cluster.podling("pod list -o name")).out).toBe("shop\n");
  expect((await cluster.podling("pod list --namespace other -q")).out).toBe("");
  expect((await cluster.podling("pod list")).out).toMatch(/READY .*\n.* shop +sales +0\/2 +pending +app,cache /);
  expect((await cluster.podling("ps")).out).toMatch(/^NAME .* READY +STATUS .*\nshop .* 0\/2 +pending /);
  expect(await cluster.podling("pod delete shop")).toMatchObject({ code: 0, out: "shop\n" });
  expect((await cluster.podling("pod list -q")).out).toBe("");
});

test("a pod without a container, and one without an image, are usage errors", async () => {
  expect(await cluster.podling("pod create shop")).toMatchObject({
    code: 64,
    err: expect.stringContaining("no container"),
  });
  const half = await cluster.podling("pod create shop --container app");
  expect(half).toMatchObject({ code: 64, err: expect.stringContaining("expected NAME:IMAGE") });
});
