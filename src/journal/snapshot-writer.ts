// The life of one snapshot, the same for every adapter: open, then committed or aborted, whichever comes first. A step
// that fails aborts, so that a caller who only passes the error on leaves nothing begun.

import { assert } from "../lib/assert.ts";

export interface SnapshotSteps<Said extends unknown[]> {
  write(chunk: string): void;
  commit(...said: Said): void;
  /** Called once, after the commit or instead of it. */
  end(committed: boolean): void;
}

export function snapshotWriter<Said extends unknown[] = []>(
  steps: SnapshotSteps<Said>,
): { write(chunk: string): void; commit(...said: Said): void; abort(): void } {
  let open = true;
  const end = (committed: boolean) => {
    if (!open) return;
    open = false;
    steps.end(committed);
  };
  const attempt = (step: () => void) => {
    assert(open, "a snapshot written to after its end");
    try {
      step();
    } catch (error) {
      end(false);
      throw error;
    }
  };
  return {
    write: (chunk) => attempt(() => steps.write(chunk)),
    commit(...said) {
      attempt(() => steps.commit(...said));
      end(true);
    },
    abort: () => end(false),
  };
}
