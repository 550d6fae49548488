// Explanations over the API: from the state of the decision, as far as the log reaches back, and otherwise from the
// current state.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import { recover } from "../../src/core/state/recover.ts";
import { writeSnapshot } from "../../src/core/state/snapshot.ts";
import { type MemoryJournal, openMemoryJournal } from "../../src/journal/memory/memory-journal.ts";
import { type Explanation, filterNames } from "../../src/model/explanation.ts";
import { TestMaster } from "./in-process.ts";

let journal: MemoryJournal;
let podling: TestMaster;
beforeEach(() => {
  journal = openMemoryJournal();
  podling = new TestMaster({ journal, strategy: "spread" });
});
afterEach(() => podling.stop());

const explain = (task: TaskView) => podling.do<Explanation>("GET", `/api/v1/tasks/${task.taskId}/explanation`);

/** What the master does after some hundred thousand changes, done now. */
async function snapshotAndTruncate(): Promise<void> {
  const state = await recover(journal);
  const writer = await journal.beginSnapshot(state.revision);
  for (const chunk of writeSnapshot(state)) await writer.write(chunk);
  await writer.commit();
  await journal.truncate(state.revision);
}

describe("of a placed task", () => {
  test("has every node, every filter, the scores of nodes that fit, and the chosen node", async () => {
    await podling.register("n1", { memory: "1g" });
    const n2 = await podling.register("n2", { memory: "8g" });
    const task = await podling.create("big", { resources: { memory: "2g" } });
    const explanation = await explain(task);
    expect(explanation).toMatchObject({ basis: "decision", chosenNodeId: n2.nodeId, smallestChange: null });
    expect(explanation.nodes.map(({ hostname, fits, chosen }) => [hostname, fits, chosen])).toEqual([
      ["n1", false, false],
      ["n2", true, true],
    ]);
    for (const { filters } of explanation.nodes) {
      expect(filters.map(({ filter }) => filter).sort()).toEqual([...filterNames].sort());
    }
    const memory = explanation.nodes[0]!.filters.find(({ filter }) => filter === "memory")!;
    expect(memory).toMatchObject({ passed: false, missing: 1024 ** 3 });
    expect(memory.message).toContain("2 GiB");
    expect(memory.message).toContain("1 GiB");
    expect(explanation.summary).toContain("n2");
    expect(explanation.nodes[1]!.score).not.toBeNull();
  });

  test("uses the state from which it was decided, whatever changed later", async () => {
    const n1 = await podling.register("n1", { labels: { a: "1" } });
    const task = await podling.create("early");
    await podling.register("n2");
    await podling.do("POST", "/api/v1/nodes/n1/cordon");
    const explanation = await explain(task);
    expect(explanation.nodes.map(({ hostname, fits }) => [hostname, fits])).toEqual([["n1", true]]);
    expect(explanation.chosenNodeId).toBe(n1.nodeId);
    expect(explanation.revision).toBe(task.scheduledRevision!);
  });

  test("also for each of many tasks that one batch placed", async () => {
    for (const name of ["n1", "n2", "n3"]) await podling.register(name, { capacity: 100 });
    const tasks = await podling.fill(60, () => ({}));
    for (const task of tasks) {
      const { basis, chosenNodeId, nodes } = await explain(task);
      expect([basis, chosenNodeId]).toEqual(["decision", task.nodeId]);
      const best = Math.max(...nodes.map(({ score }) => score ?? Number.NEGATIVE_INFINITY));
      expect(nodes.find(({ chosen }) => chosen)!.score).toBe(best);
    }
  });

  test("after a truncation it uses the current state and says so; the task's own capacity counts as free", async () => {
    await podling.register("n1", { capacity: 1 });
    const task = await podling.create("old");
    await snapshotAndTruncate();
    await podling.register("n2", { capacity: 1 });
    const later = await podling.create("new");
    const explanation = await explain(task);
    expect(explanation).toMatchObject({ basis: "now", chosenNodeId: task.nodeId });
    expect(explanation.summary).toContain("the journal no longer has the state");
    expect(explanation.nodes.find(({ chosen }) => chosen)).toMatchObject({ hostname: "n1", fits: true });
    expect((await explain(later)).basis).toBe("decision");
  });
});

describe("of a pending task", () => {
  test("without any node", async () => {
    const explanation = await explain(await podling.create("lonely"));
    expect(explanation).toMatchObject({ basis: "now", nodes: [], chosenNodeId: null, status: "pending" });
    expect(explanation.summary).not.toBe("");
    expect(explanation.smallestChange).not.toBeNull();
  });

  const rows: [input: object, filter: string, words: string[]][] = [
    [{ resources: { cpu: 8 } }, "cpu", ["the largest has 2", "8", "2"]],
    [{ resources: { memory: "10g" } }, "memory", ["the largest has 4 GiB", "10 GiB", "4 GiB"]],
    [{ constraints: ["disk==ssd"] }, "constraints", ["disk", "ssd"]],
    [{ constraints: ["node==n9"] }, "constraints", ["n9"]],
    [{ platform: "linux/arm64" }, "platform", ["arm64", "amd64"]],
    [{ ports: [{ containerPort: 80, hostPort: 8080 }] }, "host-port", ["8080"]],
  ];
  test.each(rows)(
    "%j fails by %s, with numbers, and the smallest change names what would help",
    async (input, filter, words) => {
      const engine = { name: "docker", version: "28", os: "linux", arch: "amd64" };
      await podling.register("n1", { cpu: 2, memory: "4g", engine });
      await podling.create("holder", { ports: [{ containerPort: 80, hostPort: 8080 }] });
      const task = await podling.create("stuck", input);
      expect(task).toMatchObject({ status: "pending", reason: { code: "no-node-fits" } });
      const { nodes, smallestChange, summary } = await explain(task);
      const failing = nodes[0]!.filters.filter(({ passed }) => !passed);
      expect(failing.map((verdict) => verdict.filter)).toEqual([filter as never]);
      for (const word of words.slice(-2)) expect(failing[0]!.message).toContain(word);
      expect(smallestChange).toContain(words[0]!);
      expect(summary).toBe(task.reason.message);
    },
  );

  test("of a stopped task that was never placed says so", async () => {
    const task = await podling.create("gave-up");
    await podling.do("POST", `/api/v1/tasks/${task.taskId}/stop`);
    expect((await explain(task)).summary).toContain("never placed");
  });
});
