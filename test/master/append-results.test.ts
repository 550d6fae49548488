// What the tick loop does with each result of an append: appended, fenced, unknown, and a journal that cannot write.

import { describe, expect, test } from "bun:test";
import { ClusterState } from "../../src/core/state/cluster-state.ts";
import { type MemoryJournal, openMemoryJournal } from "../../src/journal/memory/memory-journal.ts";
import { silentLog } from "../../src/lib/log.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { TickLoop } from "../../src/master/loop/tick-loop.ts";
import { systemOrigin } from "../../src/model/origin.ts";
import { breathe, TestClock } from "./in-process.ts";

async function loopOf(journal: MemoryJournal = openMemoryJournal()) {
  const clock = new TestClock();
  const state = new ClusterState();
  const committed: number[] = [];
  const fatal: unknown[] = [];
  const loop = new TickLoop({
    ...{ state, journal, clock, log: silentLog },
    lease: await journal.acquire(),
    random: seededRandom(3),
    retention: { count: 100, ageMs: 1_000_000 },
    listeners: [{ committed: ({ revision }) => void committed.push(revision) }],
    onFatal: (error) => void fatal.push(error),
  });
  const submit = (command: Parameters<TickLoop["submit"]>[0]) => {
    const answered: { outcome?: Awaited<ReturnType<TickLoop["submit"]>> } = {};
    void loop.submit(command, systemOrigin("start")).then((outcome) => {
      answered.outcome = outcome;
    });
    return answered;
  };
  const create = (name: string) => submit({ type: "createTask", input: { name, image: "nginx" } });
  const start = () => submit({ type: "startMaster", clusterId: "test", strategy: "spread" });
  return { journal, clock, state, loop, start, create, committed, fatal };
}

async function term() {
  const begun = await loopOf();
  const started = begun.start();
  await breathe();
  expect(started.outcome?.ok).toBe(true);
  return begun;
}

/** Records whether a promise has resolved. */
function watched(promise: Promise<unknown> | null): { done: boolean } {
  const watch = { done: promise === null };
  void promise?.then(() => {
    watch.done = true;
  });
  return watch;
}

describe("unknown", () => {
  test("nothing is answered and nothing is decided until it is known that the batch is durable", async () => {
    const { journal, clock, state, loop, create, committed } = await term();
    const before = state.revision;
    journal.scriptAppends("unknown-kept");
    const second = create("b");
    let reading = watched(null);
    journal.onAppend = () => {
      reading = watched(loop.whenDurable());
      journal.refuseWrites("the disk does not answer");
    };
    await breathe();
    const third = create("c");
    await clock.advance(5000);
    expect([second.outcome, third.outcome, reading.done]).toEqual([undefined, undefined, false]);
    expect(loop.journalError).toBe("the disk does not answer");
    expect(committed.at(-1)).toBe(before);
    journal.onAppend = () => {};
    journal.refuseWrites(null);
    await clock.advance(1000);
    expect([second.outcome?.ok, third.outcome?.ok, reading.done]).toEqual([true, true, true]);
    expect(committed.at(-1)).toBe(before + 2);
    expect(loop.journalError).toBeNull();
  });

  test("if the batch is lost its changes are undone and its commands refused; the next batch has its revision", async () => {
    const { journal, state, create, committed } = await term();
    const before = state.revision;
    journal.scriptAppends("unknown-lost");
    const lost = create("a");
    await breathe();
    expect(lost.outcome).toMatchObject({ ok: false, refusal: { code: "journal-unavailable" } });
    expect([state.revision, state.tasks.size]).toEqual([before, 0]);
    const next = create("a");
    await breathe();
    expect(next.outcome?.ok).toBe(true);
    expect(committed.at(-1)).toBe(before + 1);
    expect(journal.lastRevision()).toBe(before + 1);
  });

  test("if the first batch of a term is lost, nothing that came in meanwhile is written under the epoch before", async () => {
    const { journal, state, loop, start, create, committed } = await loopOf();
    journal.scriptAppends("unknown-lost");
    const begin = start();
    let early: ReturnType<typeof create> | null = null;
    journal.onAppend = () => {
      early ??= create("a");
    };
    await breathe();
    const refused = { ok: false, refusal: { code: "journal-unavailable" } };
    expect([begin.outcome, early!.outcome]).toMatchObject([refused, refused]);
    expect([committed, state.tasks.size, loop.waiting]).toEqual([[], 0, 0]);
    const again = start();
    await breathe();
    const task = create("a");
    await breathe();
    expect([again.outcome?.ok, task.outcome?.ok]).toEqual([true, true]);
    expect([committed, state.cluster.epoch]).toEqual([[1, 2], 1]);
  });

  test("a master that is stopped meanwhile answers nothing of it", async () => {
    const { journal, clock, loop, create } = await term();
    journal.scriptAppends("unknown-kept");
    const unsure = create("a");
    let reading = watched(null);
    journal.onAppend = () => {
      reading = watched(loop.whenDurable());
      journal.refuseWrites("the disk does not answer");
    };
    await breathe();
    const stopping = watched(loop.stop());
    await clock.advance(2000);
    expect([stopping.done, unsure.outcome, reading.done]).toEqual([true, undefined, false]);
  });
});

describe("fenced", () => {
  test("ends the term: the batch, the reads that wait and later commands get no answer that shows its state", async () => {
    const { journal, clock, loop, create, committed, fatal } = await term();
    await journal.acquire(); // by another master
    const before = committed.length;
    const asked = create("a");
    let reading = watched(null);
    journal.onAppend = () => {
      reading = watched(loop.whenDurable());
    };
    await clock.advance(10_000);
    expect([asked.outcome, reading.done, fatal.length, committed.length]).toEqual([undefined, false, 1, before]);
    const later = create("b");
    await clock.advance(10_000);
    expect(later.outcome).toMatchObject({ ok: false, refusal: { code: "not-ready" } });
    expect(fatal).toEqual([new Error("another master appends to this journal")]);
  });
});
