// An undo leaves every order as it was. Finished tasks are ordered by when their ends became known: retention removes
// by it, so a replayed log must give the same order.

import { expect, test } from "bun:test";
import type { TaskId } from "../../model/ids.ts";
import { idOf, node } from "../schedule/test-cluster.ts";
import { ClusterState } from "./cluster-state.ts";
import { readSnapshot, writeSnapshot } from "./snapshot.ts";

const ids = ["20250101000000-00000001", "20250101000000-00000002", "20250101000000-00000003"] as TaskId[];

/** Ends become known in the order of ids; by the workers' clocks they happened the other way round. */
function finishedTasks(): ClusterState {
  const state = new ClusterState();
  for (const [index, taskId] of ids.entries()) {
    const finishedAt = `2025-01-01T00:00:0${9 - index}.000Z`;
    const at = "2025-01-01T00:00:00.000Z";
    const record = { taskId, name: "a", createdAt: at, spec: { containers: [{ image: "b" }] } };
    state.apply({ type: "task.created", record });
    const ended = { at, revision: index + 1 };
    state.apply({ type: "task.updated", id: taskId, set: { observed: { status: "stopped", finishedAt }, ended } });
  }
  return state;
}

test("a removal that is undone leaves the order as it was, also if workers' clocks differ", () => {
  for (const taskId of ids) {
    const state = finishedTasks();
    state.revert(state.apply({ type: "task.removed", id: taskId }));
    expect([...state.finished.values()]).toEqual(ids);
  }
});

test("a state read from a snapshot has the same order, and goes on in it", () => {
  const state = readSnapshot(writeSnapshot(finishedTasks()));
  expect([...state.finished.values()]).toEqual(ids);
  state.revert(state.apply({ type: "task.removed", id: ids[1]! }));
  expect([...state.finished.values()]).toEqual(ids);
});

test("a node whose removal is taken back is there as it was", () => {
  const state = new ClusterState();
  const names = ["a", "b", "c"];
  for (const name of names) state.apply({ type: "node.created", record: node(name) });
  for (const name of names) {
    state.revert(state.apply({ type: "node.removed", id: idOf(name) }));
    expect([...state.nodes.values()].map(({ hostname }) => hostname).sort()).toEqual(names);
  }
});
