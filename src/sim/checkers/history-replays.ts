// What the disk gives back, replayed, is what the master shows, and it is all that ever became certain.

import { ClusterState } from "../../core/state/cluster-state.ts";
import { applyBatch } from "../../core/state/recover.ts";
import { readSnapshot, writeWholeSnapshot } from "../../core/state/snapshot.ts";
import { viewTask } from "../../model/task/view.ts";
import { DiskJournal } from "../world/disk-journal.ts";
import type { Checker } from "./checker.ts";

export const historyReplays: Checker = {
  name: "history-replays",
  sentence: "The log, replayed, gives the state that every batch left, and the one that the master shows.",
  class: "safety",
  hooks: ({ truth, master, list }, fail) => {
    const replayed = () => {
      const { snapshot, batches } = new DiskJournal(master.disk, () => {}).contents();
      const state = snapshot ? readSnapshot(snapshot.chunks) : new ClusterState();
      for (const batch of batches) applyBatch(state, batch);
      return state;
    };
    const same = (state: ClusterState, what: string) => {
      if (state.revision !== truth.state.revision)
        fail(`${what} ends at revision ${state.revision}, and ${truth.state.revision} was certain`);
      else {
        const [log, certain] = [linesOf(state), linesOf(truth.state)];
        const at = log.findIndex((line, index) => line !== certain[index]);
        if (at >= 0 || log.length !== certain.length)
          fail(`at revision ${state.revision} ${what} gives ${short(log[at])}, and certain was ${short(certain[at])}`);
      }
    };
    return {
      recovered: () => same(replayed(), "the log"),
      snapshot(chunks) {
        const state = readSnapshot(chunks);
        if (state.revision === truth.state.revision) same(state, "a snapshot");
      },
      async quiescent() {
        const state = replayed();
        same(state, "the log");
        const listed = await list();
        const expected = [...state.order.after("")].map((taskId) => viewTask(state.task(taskId)));
        if (JSON.stringify(listed) !== JSON.stringify(expected))
          fail(`the master lists other tasks than its log has (${listed.length} against ${expected.length})`);
      },
    };
  },
};

/** With the keys as the state answers for them: a snapshot that lacks them lacks them on both sides. */
function linesOf(state: ClusterState): string[] {
  const ids = [...state.order.after("")];
  const keys = ids.map((taskId) => {
    const key = state.task(taskId).idempotency?.key;
    return `${taskId} ${key === undefined ? "" : `${key} ${state.withKey(key)?.taskId}`}`;
  });
  return [...[...writeWholeSnapshot(state)].join("\n").split("\n"), ...keys, ...state.finished.values()];
}

function short(line: string | undefined): string {
  return line === undefined ? "nothing" : line.slice(0, 500);
}
