// Many tasks on two nodes, a bounded number at a time: none is lost, none runs twice, and nothing is left over. 150 tasks in
// make test; PODLING_CHURN=2000 (make churn) for all, with figures.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import { drawSeed, seededRandom, systemRandom } from "../../src/lib/random.ts";
import { describeLab } from "../../tools/lab/available.ts";
import { until } from "../../tools/lab/until.ts";
import { Auditor } from "./auditor.ts";
import { Book } from "./book.ts";
import { Churn } from "./churn.ts";
import { TwoHosts } from "./two-hosts.ts";

const count = Number(process.env.PODLING_CHURN ?? 150);
const inFlight = 16;
/** A task takes two engines a third of a second, and 0.8 s on a shared machine; an audit follows. */
const limitMs = 120_000 + count * 1_500;

describeLab(`${count} tasks through two nodes`, () => {
  let world: TwoHosts;
  let book: Book;
  beforeAll(async () => {
    world = await TwoHosts.start();
    book = new Book(world.lab.folder("book"));
  });
  afterAll(() => world?.down());

  test(
    "nothing lost, nothing twice, nothing left over",
    async () => {
      const seed = Number(process.env.PODLING_TEST_SEED ?? drawSeed(systemRandom));
      process.stderr.write(`PODLING_TEST_SEED=${seed} draws the same tasks\n`);
      const churn = new Churn(world, book, seededRandom(seed), "churn", { inFlight });
      const auditor = new Auditor(world, book);
      const began = performance.now();
      const twice: string[] = [];
      churn.begin(count);
      const working = churn.done();
      let done = false;
      const watching = (async () => {
        while (!done) {
          twice.push(...(await auditor.twice()));
          await Bun.sleep(500);
        }
      })();
      await working.finally(() => {
        done = true;
      });
      await watching;
      const seconds = (performance.now() - began) / 1000;
      expect(twice).toEqual([]);
      expect(churn.ended).toBe(count);
      await auditor.audit();
      const runs = book.runs();
      // Without a fault every program runs exactly once, but a service may be stopped before it begins.
      const jobs = [...book.entries.values()].filter(({ kind }) => kind === "job").map(({ name }) => name);
      const counts = Map.groupBy(runs, ({ name }) => name);
      expect(jobs.filter((name) => counts.get(name)?.length !== 1)).toEqual([]);
      expect([...counts].filter(([, its]) => its.length !== 1)).toEqual([]);
      expect([...book.entries.values()].filter(({ lineage }) => lineage.length !== 1)).toEqual([]);
      await churn.prune();
      await auditor.nothingLeft();
      process.stderr.write(
        `${count} tasks (${jobs.length} jobs, ${count - jobs.length} services) in ${seconds.toFixed(1)} s, ` +
          `${(count / seconds).toFixed(1)} a second; ${runs.length} runs, 0 lost, 0 twice, 0 left over\n`,
      );
    },
    limitMs,
  );

  test("the auditor finds planted faults", async () => {
    const own = new Book(world.lab.folder("book"));
    const churn = new Churn(world, own, seededRandom(1), "seen", { inFlight: 1 });
    const auditor = new Auditor(world, own);
    const service = { kind: "service", exitCode: 0, policy: "never" } as const;
    const doubled = await churn.create({ ...service, name: "doubled" });
    const killed = await churn.create({ ...service, name: "killed" });
    const deleted = await churn.create({ ...service, name: "deleted" });
    await auditor.audit();
    const [task] = doubled.lineage;
    const there = world.places.find(({ host }) => host.name === "n1")!.host.engine;
    const here = world.places.find(({ host }) => host.name === "n2")!.host.engine;
    const { nodeId } = (await world.nodes()).find(({ hostname }) => hostname === "n1")!;
    const other = task!.nodeId === nodeId ? here : there;
    // The task's program, started a second time, on the other host.
    const Labels = { "podling.task": task!.taskId, "podling.cluster": "another" };
    const Cmd = ["sh", "-c", own.script(doubled, 0)];
    const Mounts = [{ Type: "bind", Source: own.folder, Target: "/book" }];
    const body = { Image: world.image, Cmd, Labels, HostConfig: { Mounts } };
    const { Id } = await other.json<{ Id: string }>("/containers/create", "POST", body);
    await other.json(`/containers/${Id}/start`, "POST");
    for (const engine of [here, there]) await engine.removeContainers(`podling.task=${killed.lineage[0]!.taskId}`);
    await world.master.json("DELETE", `/api/v1/tasks/${deleted.lineage[0]!.taskId}?force=true`);
    const stranger = await world.master.json<TaskView>("POST", "/api/v1/tasks", {
      name: "stranger",
      image: world.image,
    });
    const expected = [
      `${task!.taskId} has .* on n., .* on n.`,
      `the container ${Id.slice(0, 12)} on n. is of ${task!.taskId}, whose node is n.`,
      "doubled ran in 2 containers, and was placed 1 times",
      "killed .* failed, .*Nothing explains this end",
      "deleted .* is lost: it was scheduled, and was not removed|deleted .* is lost: it was running",
      `stranger \\(${stranger.taskId}\\) is listed as .*, and was never acknowledged`,
    ];
    await until("the auditor to find all of that", async () => {
      const found = (await auditor.faults()).join("\n");
      const missing = expected.filter((pattern) => !new RegExp(pattern).test(found));
      if (missing.length > 0) throw new Error(`not found: ${missing.join(", ")} in\n${found}`);
      return true;
    });
    const leftovers = (await auditor.leftovers()).join("\n");
    for (const what of ["the master lists doubled", "is in the cgroup of", "watches over the container"]) {
      expect(leftovers).toContain(what);
    }
    await other.removeContainers(`podling.task=${task!.taskId}`);
  }, 120_000);
});
