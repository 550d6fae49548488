// kill -9 of workers, the master and engines, and a host that is cut off, each while clients keep both nodes busy. After each
// the auditor compares what was acknowledged with what exists. A difference that no fault explains fails the test.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import { drawSeed, seededRandom, systemRandom } from "../../src/lib/random.ts";
import { describeLab } from "../../tools/lab/available.ts";
import { until } from "../../tools/lab/until.ts";
import { Auditor } from "./auditor.ts";
import { Book, type Entry } from "./book.ts";
import { Churn } from "./churn.ts";
import { TwoHosts } from "./two-hosts.ts";

const inFlight = 8;
const aroundFault = 6;
const waitMs = 120_000;

describeLab("a cluster that is kept busy", () => {
  let world: TwoHosts;
  let book: Book;
  let churn: Churn;
  let auditor: Auditor;
  const residents: Entry[] = [];
  const seed = Number(process.env.PODLING_TEST_SEED ?? drawSeed(systemRandom));

  beforeAll(async () => {
    world = await TwoHosts.start();
    book = new Book(world.lab.folder("book"));
    churn = new Churn(world, book, seededRandom(seed), "busy", { inFlight });
    auditor = new Auditor(world, book);
    for (let i = 0; i < 4; i++) await resident();
    await auditor.audit();
    process.stderr.write(`PODLING_TEST_SEED=${seed} draws the same tasks\n`);
  }, 120_000);
  afterAll(() => world?.down());

  /** Starts one more service that runs through all faults. */
  async function resident(more: object = {}): Promise<Entry> {
    const order = { name: `resident-${residents.length}`, kind: "service", exitCode: 0, policy: "always" } as const;
    const entry = await churn.create(order, 0, more);
    residents.push(entry);
    return entry;
  }

  const record = (entry: Entry) => world.master.json<TaskView>("GET", `/api/v1/tasks/${entry.lineage.at(-1)!.taskId}`);
  const recordsOn = async (hostname: string) => {
    const { nodeId } = (await world.nodes()).find((node) => node.hostname === hostname)!;
    return (await Promise.all(residents.map(record))).filter((task) => task.nodeId === nodeId);
  };
  const identities = (tasks: TaskView[]) =>
    tasks.map(({ taskId, containerId, restarts }) => [taskId, containerId, restarts]);

  /** Load before, during and after the fault; then the load stops, and the audit runs. */
  async function underLoad(breakIt: () => Promise<void>): Promise<void> {
    const more = (what: string) => {
      const { ended } = churn;
      return until(what, () => churn.error !== null || churn.ended >= ended + aroundFault, waitMs);
    };
    churn.begin();
    await more("some tasks before");
    await breakIt();
    await more("some tasks after");
    await churn.pause();
    await auditor.audit();
  }

  test("kill -9 of each worker and then of both: running tasks keep running, and each task ends as asked", async () => {
    const before = identities(await Promise.all(residents.map(record)));
    await underLoad(async () => {
      await world.killWorker(world.places[0]);
      await world.killWorker(world.places[1]);
      await Promise.all(world.places.map((place) => world.killWorker(place)));
    });
    const losses = residents.filter(({ lineage }) => lineage.length > 1);
    // A start that took so long that a node was declared lost is in the log of faults, so the auditor allows it.
    if (losses.length === 0) expect(identities(await Promise.all(residents.map(record)))).toEqual(before);
  }, 300_000);

  test("kill -9 of the master, twice and then with a worker: clients retry, and no task exists twice", async () => {
    await underLoad(async () => {
      await world.killMaster();
      await world.killMaster();
      await Promise.all([world.killMaster(), world.killWorker(world.places[0])]);
    });
  }, 300_000);

  test("kill -9 of an engine ends its containers, and services restart", async () => {
    await resident({ constraints: ["node==n1"] });
    await auditor.audit();
    const before = await recordsOn("n1");
    expect(before.length).toBeGreaterThan(0);
    await underLoad(() => world.killEngine(world.places[0], 2_000));
    for (const task of before) {
      const now = await world.master.json<TaskView>("GET", `/api/v1/tasks/${task.taskId}`);
      expect(now).toMatchObject({ status: "running", restarts: task.restarts + 1 });
    }
  }, 300_000);

  test("kill -9 of an engine with live-restore ends nothing: same containers, no restart", async () => {
    await resident({ constraints: ["node==n2"] });
    await auditor.audit();
    const before = await recordsOn("n2");
    expect(before.length).toBeGreaterThan(0);
    await underLoad(() => world.killEngine(world.places[1], 2_000));
    expect(identities(await recordsOn("n2"))).toEqual(identities(before));
  }, 300_000);

  test("a host cut off for longer than a lease: its tasks are replaced, and run once after it is back", async () => {
    const moved = (await recordsOn("n2")).map(({ taskId }) => taskId);
    expect(moved.length).toBeGreaterThan(0);
    await underLoad(() => world.cut(world.places[1], 8_000));
    for (const taskId of moved) {
      const old = await world.master.json<TaskView>("GET", `/api/v1/tasks/${taskId}`);
      expect(old).toMatchObject({ status: "failed", reason: { code: "node-lost" } });
      expect(old.replacedBy).not.toBeNull();
    }
  }, 300_000);

  test("after everything is stopped and removed, nothing is left", async () => {
    for (const entry of residents) await churn.end(entry);
    await auditor.audit();
    await churn.prune();
    await auditor.nothingLeft();
    process.stderr.write(
      `${churn.ended} tasks ended under ${world.faults.summary()}; ${churn.retries} requests retried, ` +
        `${book.runs().length} runs, ${auditor.clean} audits found nothing\n`,
    );
  }, 120_000);
});
