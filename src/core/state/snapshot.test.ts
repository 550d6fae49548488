// Values that tasks have in common: once in a snapshot, in each record of a backup.

import { expect, test } from "bun:test";
import { World } from "../test-world.ts";
import { readSnapshot, writeSnapshot, writeWholeSnapshot } from "./snapshot.ts";

function snapshots() {
  const world = new World();
  for (const name of ["a", "b"]) world.task(name, { image: "nginx:1" });
  world.task("c", { image: "redis:7" });
  const { state } = world;
  return { state, lines: linesOf(writeSnapshot(state)), whole: linesOf(writeWholeSnapshot(state)) };
}

const linesOf = (chunks: Iterable<string>) => [...chunks].join("\n").split("\n");

test("a snapshot has each template once, a backup has it in each task, and both give the same state", () => {
  const { state, lines, whole } = snapshots();
  const count = (texts: string[], word: string) => texts.join("\n").split(word).length - 1;
  expect([count(lines, "nginx:1"), count(whole, "nginx:1")]).toEqual([1, 2]);
  expect([count(lines, "no-nodes"), count(whole, "no-nodes")]).toEqual([1, 3]);
  for (const read of [readSnapshot(lines), readSnapshot(whole)])
    expect(linesOf(writeWholeSnapshot(read))).toEqual(whole);
  expect([...readSnapshot(lines).tasks.values()]).toEqual([...state.tasks.values()]);
});

test("tasks of a snapshot share their statuses, also those of different chunks", () => {
  const { state, lines } = snapshots();
  const inTwo = lines.map((text) => JSON.parse(text)).flatMap((line) => ("records" in line ? halves(line) : [line]));
  const read = readSnapshot(inTwo.map((line) => JSON.stringify(line)));
  const tasks = [...read.tasks.values()];
  expect(tasks).toEqual([...state.tasks.values()]);
  expect(new Set(tasks.map(({ observed }) => observed)).size).toBe(1);
});

/** The first record of a chunk, and the others. */
function halves(line: { shared: object[]; records: object[] }): object[] {
  const { shared, records } = line;
  return [
    { ...line, records: records.slice(0, 1) },
    { ...line, shared: shared.slice(shared.length), records: records.slice(1) },
  ];
}

test.each([
  ["template", '"spec":1', '"spec":2', 2],
  ["time", '"createdAt":0', '"createdAt":9', 9],
  ["status", '"observed":1', '"observed":9', 9],
])("a snapshot with the number of a %s that it does not have is not read", (_what, right, number, missing) => {
  const { lines } = snapshots();
  const wrong = lines.map((text) => text.replace(right, number));
  expect(wrong).not.toEqual(lines);
  expect(() => readSnapshot(wrong)).toThrow(
    `a task with the shared value ${missing}, which the snapshot does not have`,
  );
});
