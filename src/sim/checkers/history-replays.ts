// What the disk gives back, replayed, is what the master shows, and it is all that ever became certain.

import { recover } from "../../core/recover.ts";
import { writeSnapshot } from "../../core/snapshot.ts";
import type { ClusterState } from "../../core/state.ts";
import { DiskJournal } from "../disk-journal.ts";
import type { Checker } from "./checker.ts";

export const historyReplays: Checker = {
  name: "history-replays",
  sentence: "The log, replayed, gives the state that every batch left, and the one that the master shows.",
  class: "safety",
  look: ({ truth, master, list }, wrong) => {
    const replayed = () => recover(new DiskJournal(master.disk, () => {}));
    const same = (state: ClusterState) => {
      if (state.revision !== truth.state.revision)
        wrong(`the log ends at revision ${state.revision}, and ${truth.state.revision} was certain`);
      else if (textOf(state) !== textOf(truth.state))
        wrong(`replaying the log gives another state at ${state.revision}`);
    };
    return {
      recovered: () => same(replayed()),
      async settled() {
        const state = replayed();
        same(state);
        const listed = await list();
        const expected = [...state.order.after("")].map((taskId) => state.task(taskId));
        if (JSON.stringify(listed) !== JSON.stringify(expected))
          wrong(`the master lists other tasks than its log has (${listed.length} against ${expected.length})`);
      },
    };
  },
};

function textOf(state: ClusterState): string {
  return [...writeSnapshot(state)].join("\n");
}
