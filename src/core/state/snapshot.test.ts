// Templates that tasks have in common: once in a snapshot, in each record of a backup.

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
  const withImage = (texts: string[]) => texts.filter((text) => text.includes("nginx:1")).length;
  expect([withImage(lines), withImage(whole)]).toEqual([1, 2]);
  for (const read of [readSnapshot(lines), readSnapshot(whole)])
    expect(linesOf(writeWholeSnapshot(read))).toEqual(whole);
  expect([...readSnapshot(lines).tasks.values()]).toEqual([...state.tasks.values()]);
});

test("a snapshot with the number of a template that it does not have is not read", () => {
  const { lines } = snapshots();
  const wrong = lines.map((text) => text.replace('"spec":1', '"spec":2'));
  expect(wrong).not.toEqual(lines);
  expect(() => readSnapshot(wrong)).toThrow("a task with the shared value 2, which the snapshot does not have");
});
