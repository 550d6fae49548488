// Sends backups: the whole state at one durable revision, a chunk at a time, as fast as the client reads and between
// other requests. Records are immutable, so changes made meanwhile do not appear in the backup.

import { backupFormat, writeBackup } from "../../api/views/backup-file.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { countRecords } from "../../core/state/restore.ts";
import { writeWholeSnapshot } from "../../core/state/snapshot.ts";
import { type CancelTimer, type Clock, toTimestamp } from "../../lib/clock.ts";
import { ok } from "../../lib/result.ts";
import { limits } from "../../model/limits.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import type { TickLoop } from "../loop/tick-loop.ts";

export interface BackupsOptions {
  state: ClusterState;
  loop: TickLoop;
  clock: Clock;
  /** The version of this program. */
  version: string;
  /** Resolves when the first batch of this start is in the journal, or cannot be written yet. */
  begun: Promise<void>;
}

export class Backups {
  readonly #options: BackupsOptions;
  #open = 0;

  constructor(options: BackupsOptions) {
    this.#options = options;
  }

  async open(): Promise<Outcome<ReadableStream<Uint8Array>>> {
    const { state, loop, clock, version, begun } = this.#options;
    // A new journal has no cluster id before that, so an early request waits.
    await begun;
    // The state must be durable: waits until no append is under way.
    for (let underWay = loop.whenDurable(); underWay; underWay = loop.whenDurable()) await underWay;
    const { clusterId, epoch } = state.cluster;
    if (clusterId === "") {
      return refuse("not-ready", "the master has only just started, and has no state yet", { hint: "Try again." });
    }
    if (this.#open >= limits.backupsAtOnce) {
      return refuse("too-many", `${this.#open} backups are being read, which is the limit`, {
        hint: "Wait until one of them is done.",
      });
    }
    const manifest = {
      podling: "backup",
      format: backupFormat,
      clusterId,
      revision: state.revision,
      epoch,
      at: toTimestamp(clock.now()),
      version,
      ...countRecords(state),
    } as const;
    return ok(this.#stream(writeBackup(manifest, writeWholeSnapshot(state))));
  }

  #stream(pieces: Generator<Uint8Array>): ReadableStream<Uint8Array> {
    const { clock } = this.#options;
    this.#open++;
    let open = true;
    let cancelPatience: CancelTimer = () => {};
    const end = () => {
      if (open) this.#open--;
      open = false;
      cancelPatience();
      pieces.return(undefined);
    };
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        cancelPatience();
        await new Promise<void>((resolve) => clock.soon(resolve));
        if (!open) return;
        cancelPatience = clock.timer(limits.backupPatienceMs, () => {
          end();
          controller.error(new Error("the client has stopped reading this backup"));
        });
        const { done, value } = pieces.next();
        if (!done) return controller.enqueue(value);
        end();
        controller.close();
      },
      cancel: end,
    });
  }
}
