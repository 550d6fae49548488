// The life of one snapshot, the same for every adapter: open, then committed or aborted, whichever comes first. A step
// that fails aborts, so that a caller who only passes the error on leaves nothing begun.

import { assert } from "../lib/assert.ts";

export interface SnapshotSteps<Given extends unknown[]> {
  write(chunk: string): void | Promise<void>;
  commit(...given: Given): void | Promise<void>;
  /** Called once, after the commit or instead of it. */
  end(committed: boolean): void;
}

export function snapshotWriter<Given extends unknown[] = []>(
  steps: SnapshotSteps<Given>,
): { write(chunk: string): Promise<void>; commit(...given: Given): Promise<void>; abort(): Promise<void> } {
  let open = true;
  const end = (committed: boolean) => {
    if (!open) return;
    open = false;
    steps.end(committed);
  };
  const attempt = async (step: () => void | Promise<void>) => {
    assert(open, "a snapshot written to after its end");
    try {
      await step();
    } catch (error) {
      end(false);
      throw error;
    }
  };
  return {
    write: (chunk) => attempt(() => steps.write(chunk)),
    async commit(...given) {
      await attempt(() => steps.commit(...given));
      end(true);
    },
    abort: async () => end(false),
  };
}
