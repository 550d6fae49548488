// The images of master and worker: built by make image's script with a real engine on a Debian base, and run as the
// Dockerfiles say.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { resolve } from "node:path";
import { describeLab } from "../../tools/lab/available.ts";
import { podlingCommand } from "../../tools/lab/cluster.ts";
import type { Engine } from "../../tools/lab/engine.ts";
import { Lab, type LabHost } from "../../tools/lab/lab.ts";
import { makeBase } from "../../tools/lab/machine.ts";
import { run } from "../../tools/lab/network.ts";
import { until } from "../../tools/lab/until.ts";

const root = resolve(import.meta.dir, "../..");

describeLab("the images", () => {
  let lab: Lab;
  let host: LabHost;
  let engine: Engine;
  let docker: (words: string) => Promise<string>;

  beforeAll(async () => {
    lab = await Lab.start();
    host = await lab.host("n1");
    engine = host.engine;
    docker = (words) => run(["sh", "-c", `DOCKER_HOST=${engine.host} docker ${words}`]);
    const base = await makeBase();
    await run(["sh", "-c", `tar -C ${base} -cf - . | DOCKER_HOST=${engine.host} docker import - debian-base:12`]);
    await run([
      "sh",
      "-c",
      `cd ${root} && scripts/build && DOCKER_HOST=${engine.host} BASE=debian-base:12 scripts/image`,
    ]);
  }, 300_000);
  afterAll(() => lab?.down());

  test("a master and a worker in containers run a task", async () => {
    const token = "0123456789abcdef";
    await docker(
      `run -d --name master --network host -e PODLING_TOKEN=${token} -v data:/var/lib/podling podling-master`,
    );
    const worker = "-v /var/run/docker.sock:/var/run/docker.sock -v worker:/var/lib/podling";
    const socket = worker.replace("/var/run/docker.sock", engine.host.slice("unix://".length));
    await docker(
      `run -d --name worker --network host -e PODLING_TOKEN=${token} -e PODLING_MASTER_URL=http://127.0.0.1:8080 ${socket} podling-worker`,
    );
    const call = (words: string) =>
      host.run(["env", `PODLING_TOKEN=${token}`, ...podlingCommand(), ...words.split(" ")]);
    await until("the worker to join", async () => (await call("nodes")).includes("online"));
    const image = await engine.image();
    expect(await call(`run hello --image ${image} --follow -- echo from-a-task`)).toBe("from-a-task\n");
    expect(await docker("exec master stat -c %u /proc/1")).toBe("65532\n");
  });

  test("a master that is removed and created again has its tasks", async () => {
    await docker("rm -f master");
    await docker("run -d --name master --network host -e PODLING_TOKEN=x -v data:/var/lib/podling podling-master");
    const list = () => host.run(["env", "PODLING_TOKEN=x", ...podlingCommand(), "ps", "-a"]);
    await until("the master to be back", async () => (await list()).includes("hello"));
  });
});
