// Ended containers are kept for their logs up to a limit, oldest gone first; and only those that are this worker's own.
// The worker runs in this process, because the limit is not a flag.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { Client } from "../../src/api/client.ts";
import type { TaskView } from "../../src/api/views/task.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { DockerRuntime } from "../../src/runtime/docker/docker-runtime.ts";
import type { Identity } from "../../src/worker/data-dir/identity.ts";
import { Worker } from "../../src/worker/worker.ts";
import { describeLab } from "../../tools/lab/available.ts";
import { until } from "../../tools/lab/until.ts";
import { World } from "./world.ts";

const here = { constraints: ["node==keeps-two"] };

describeLab("ended containers", () => {
  let world: World;
  let worker: Worker;
  let identity: Identity | null = null;

  function startWorker(retention: { count: number; ageMs: number }): void {
    worker = new Worker({
      client: new Client({ baseUrl: world.master.url }),
      runtime: new DockerRuntime(world.engine.host),
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
      ...{ hostname: "keeps-two", port: 1, address: null, capacity: 10, labels: {}, cpu: null, memory: null },
      version: "test",
      identity: {
        read: () => identity,
        write: (written) => {
          identity = written;
        },
      },
      retention,
    });
    void worker.start();
  }

  beforeAll(async () => {
    world = await World.start();
    startWorker({ count: 2, ageMs: 3_600_000 });
  });
  afterAll(async () => {
    worker?.stop();
    await world?.down();
  });

  const kept = async (tasks: TaskView[]) => {
    const containers = await Promise.all(tasks.map((task) => world.containers(task)));
    return tasks.filter((_, index) => containers[index]!.length > 0).map(({ name }) => name);
  };

  test("beyond the count the oldest are removed; running containers, and those of another worker, do not count", async () => {
    const elsewhere = await world.create("elsewhere", "exit 0", { constraints: ["node==n1"] });
    await world.reaches(elsewhere, "completed");
    const running = await world.run("running", "while :; do sleep 0.1; done", here);
    const tasks: TaskView[] = [];
    for (let i = 0; i < 5; i++) {
      const task = await world.create(`ended-${i}`, `exit ${i % 2}`, here);
      tasks.push(await world.reaches(task, i % 2 === 0 ? "completed" : "failed"));
    }
    await until("the oldest to go", async () => (await kept(tasks)).length === 2);
    expect(await kept(tasks)).toEqual(["ended-3", "ended-4"]);
    expect(await kept([elsewhere, running])).toEqual(["elsewhere", "running"]);
    const gone = await world.logs(tasks[0]!);
    expect([409, 503]).toContain(gone.status);
    expect((await world.task(tasks[0]!)).exitCode).toBe(0);
    await world.master.json("POST", `/api/v1/tasks/${running.taskId}/stop?wait=finished`);
  });

  test("beyond the age they are removed, also if the worker was down meanwhile", async () => {
    const task = await world.reaches(await world.create("aged", "exit 0", here), "completed");
    worker.stop();
    startWorker({ count: 100, ageMs: 1 });
    await until(
      "all to go",
      async () => (await world.engine.containers(`podling.node=${identity!.nodeId}`)).length === 0,
    );
    expect(await kept([task])).toEqual([]);
  });
});
