// Runs the same action for several tasks or nodes: all are tried, what they print comes in the order in which they were
// named, and the worst exit code is returned.

import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { Failure, RefusedError, writeError } from "../../command/failure.ts";

/** Concurrent requests: enough to hide network latency, few enough for any master. */
const atOnce = 16;

/** `act` awaits `turn` before it prints: the actions for all references before its own have then ended. */
export async function each(
  context: Context,
  references: readonly string[],
  act: (reference: string, turn: Promise<void>) => Promise<number>,
): Promise<number> {
  const queue = [...new Set(references)];
  let worst: number = exitCodes.done;
  let broken: unknown;
  let last = Promise.resolve();
  const work = async () => {
    for (let next = queue.shift(); next !== undefined && broken === undefined; next = queue.shift()) {
      const turn = last;
      const { promise, resolve } = Promise.withResolvers<void>();
      last = promise;
      try {
        const code = await act(next, turn);
        worst = worse(worst, code);
      } catch (error) {
        // If the master does not answer, or the output is closed, the other actions would fail as well.
        if (!(error instanceof RefusedError)) broken ??= error;
        else {
          await turn;
          await writeError(context.io.stderr, error.message, error.hint);
        }
        worst = worse(worst, error instanceof Failure ? error.exitCode : exitCodes.error);
      }
      await turn;
      resolve();
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
