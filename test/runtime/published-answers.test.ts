// The Docker runtime understands what newer engines answer by their published API descriptions. No such engine runs here:
// docs/ENGINES.md says what was tried on a real one.

import { afterEach, describe, expect, test } from "bun:test";
import { containerLabels } from "../../src/model/cluster/cluster.ts";
import type { MachineFacts } from "../../src/runtime/docker/bridge-network.ts";
import { DockerRuntime } from "../../src/runtime/docker/docker-runtime.ts";
import { DockerEngine } from "../../src/runtime/docker/engine.ts";
import { EngineHttp } from "../../src/runtime/docker/engine-http.ts";
import { assigned, createRequest } from "../worker/samples.ts";
import { allLogs } from "./contract-subject.ts";
import { container, index, publishedEngines } from "./published/answers.ts";
import { FakeEngine } from "./published/fake-engine.ts";

const owner = {
  [containerLabels.task]: "20251110120000-abcdefgh",
  [containerLabels.cluster]: "c1",
  [containerLabels.node]: "n1",
};
const versionsUsed = ["1.44", "1.47", "1.47", "1.53"];
let fake: FakeEngine | null = null;

afterEach(async () => {
  await fake?.stop();
  fake = null;
});

for (const [row, published] of publishedEngines.entries()) {
  describe(`engine ${published.engine}, API ${published.api}, from ${published.minApi} on`, () => {
    const opened = () => {
      fake = new FakeEngine(published);
      fake.labels = owner;
      return { fake, runtime: new DockerRuntime(fake.host) };
    };
    const { signal } = new AbortController();

    test("gets requests in a version that both know", async () => {
      const { runtime } = opened();
      await runtime.engine.ping();
      expect(await runtime.engine.info()).toMatchObject({
        engine: { name: "docker", version: published.engine, os: "linux", arch: "amd64" },
        cpu: 4,
        memory: 2095882240,
      });
      expect(fake!.asked).toContain(`GET /v${versionsUsed[row]}/info`);
    });

    test("containers: listed, inspected, used, created", async () => {
      const { runtime } = opened();
      const [found] = await runtime.containers.list("c1", "n1");
      expect(found).toMatchObject({
        ...{ containerId: container, taskId: owner[containerLabels.task], nodeId: "n1", container: "main" },
        ...{ status: "running", exitCode: null, finishedAt: null, startedAt: "2025-11-10T12:00:01.123Z" },
        publishedPorts: [
          { hostIp: "0.0.0.0", hostPort: 8080, containerPort: 80, protocol: "tcp" },
          { hostIp: "::", hostPort: 8080, containerPort: 80, protocol: "tcp" },
        ],
      });
      expect(await runtime.containers.uses()).toEqual([
        { containerId: container, name: "web", imageId: index, volumes: ["data"] },
      ]);
      const request = createRequest(assigned({ image: "nginx:1.27" }), { clusterId: "c1", nodeId: "n1" });
      expect(await runtime.containers.create(request)).toEqual({ containerId: container });
      fake!.hasImage = false;
      expect(await runtime.containers.create(request)).toBe("image-missing");
      const events: string[] = [];
      const ends = runtime.containers.events(
        "c1",
        () => {},
        ({ taskId }) => events.push(taskId),
        signal,
      );
      await expect(ends).rejects.toThrow("closed its event stream");
      expect(events).toEqual([owner[containerLabels.task]!]);
    });

    test("images: listed, pulled, and kept while they are used", async () => {
      const { runtime } = opened();
      expect(await runtime.images.list()).toEqual([
        { imageId: index, names: ["nginx:1.27"], sizeBytes: 172064416, parentId: null },
        { imageId: `sha256:${"c".repeat(64)}`, names: [], sizeBytes: 1, parentId: null },
      ]);
      expect(await runtime.images.remove(index, ["nginx:1.27"])).toContain("the engine keeps it: conflict");
      fake!.hasImage = false;
      const said: string[] = [];
      const pulled = await runtime.images.pull("nginx:1.27", "missing", null, (text) => said.push(text), signal);
      expect(pulled).toEqual({ imageId: index, sizeBytes: 172064416, isNew: true });
      expect(said).toEqual(["pulling nginx:1.27: 50% of 1 KiB"]);
      const failures: [message: string, code: string][] = [
        [
          'failed to resolve reference "docker.io/library/nginx:1.27": docker.io/library/nginx:1.27: not found',
          "image-not-found",
        ],
        ["no match for platform in manifest: not found", "image-not-found"],
        ['failed to do request: Head "https://r.example/v2/": dial tcp: connection refused', "registry-unreachable"],
        ["failed to authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized", "registry-denied"],
      ];
      for (const [message, code] of failures) {
        fake!.pullFailure = message;
        await expect(runtime.images.pull("nginx:1.27", "always", null, () => {}, signal)).rejects.toMatchObject({
          code,
        });
      }
    });

    test("volumes with their sizes, and logs in lines", async () => {
      const { runtime } = opened();
      expect(await runtime.volumes.list(true)).toEqual([{ name: "data", labels: {}, sizeBytes: 10920104 }]);
      const stream = await runtime.containers.logs(container, { ...allLogs, tail: 2 }, signal);
      expect(await new Response(stream!).text()).toMatch(/two\n.*three\n$/s);
    });

    test("an engine with --bridge none answers, and starts no container", async () => {
      const { runtime } = opened();
      expect((await runtime.engine.info()).fault).toBeNull();
      fake!.hasBridge = false;
      expect((await runtime.engine.info()).fault).toContain("has no bridge network, so it starts no container");
    });

    test("the disk that is watched is the one with the images", async () => {
      opened();
      const looked: string[] = [];
      const disk = (missing: string[]) => async (path: string) => {
        looked.push(path);
        return missing.includes(path) ? null : { path, usedBytes: 1, totalBytes: 2 };
      };
      const facts = {
        hostname: "here",
        read: async () => 'root = "/big/containerd"',
        resolve: async (path: string) => path,
      };
      const none: MachineFacts = { ...facts, read: () => Promise.reject(new Error("no such file")) };
      const at = async (missing: string[], given = none) =>
        (await new DockerEngine(new EngineHttp(fake!.host), disk(missing), given).disk())?.path;
      const images = published.containerdStore ? "/var/lib/containerd" : "/var/lib/docker";
      expect(await at([])).toBe(images);
      expect(await at(["/var/lib/containerd"])).toBe("/var/lib/docker");
      expect(await at([], facts)).toBe(published.containerdStore ? "/big/containerd" : "/var/lib/docker");
      expect(await at(["/var/lib/containerd", "/var/lib/docker"])).toBeUndefined();
      const { imageFolders } = await new DockerEngine(new EngineHttp(fake!.host), disk([]), none).info();
      expect(imageFolders).toEqual([...new Set([images, "/var/lib/docker"])]);
    });
  });
}

test("a containerd that the engine has started itself keeps its images below the engine's folder", async () => {
  const { imageFolders } = await import("../../src/runtime/docker/image-store.ts");
  const info = {
    DockerRootDir: "/data/docker",
    DriverStatus: [["driver-type", "io.containerd.snapshotter.v1"]] as [string, string][],
    Containerd: { Address: "/var/run/docker/containerd/containerd.sock" },
  };
  const read = () => Promise.reject(new Error("not asked"));
  expect(await imageFolders(info, read)).toEqual(["/data/docker/containerd/daemon", "/data/docker"]);
  expect(await imageFolders({}, read)).toEqual([]);
});
