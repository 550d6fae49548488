// Runs the same action for several tasks or nodes: all are tried, each error is printed, and the worst exit code is
// returned.

import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { Failure, RefusedError, writeError } from "../../command/failure.ts";

/** Concurrent requests: enough to hide network latency, few enough for any master. */
const atOnce = 16;

export async function each(
  context: Context,
  references: readonly string[],
  act: (reference: string) => Promise<number>,
): Promise<number> {
  const queue = [...new Set(references)];
  let worst: number = exitCodes.done;
  let broken: unknown;
  const work = async () => {
    for (let next = queue.shift(); next !== undefined && broken === undefined; next = queue.shift()) {
      try {
        const code = await act(next);
        worst = worse(worst, code);
      } catch (error) {
        // If the master does not answer, or the output is closed, the other actions would fail as well.
        if (!(error instanceof RefusedError)) broken ??= error;
        else await writeError(context.io.stderr, error.message, error.hint);
        worst = worse(worst, error instanceof Failure ? error.exitCode : exitCodes.error);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  if (broken !== undefined) throw broken;
  return worst;
}

/** An error is worse than "not yet". */
function worse(left: number, right: number): number {
  if (left === exitCodes.error || right === exitCodes.error) return exitCodes.error;
  return Math.max(left, right);
}
