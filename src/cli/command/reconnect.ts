// Goes on after a lost connection: a command that waits or watches does not end because its master restarts.

import { delay } from "../../lib/clock.ts";
import { type Context, UnreachableFailure } from "./context.ts";
import { Failure } from "./failure.ts";
import { BrokenPipeError } from "./io.ts";

/** Attempts to reconnect, one a second: enough for a restart of the master. */
export const reconnectAttempts = 30;
export const reconnectMs = 1_000;

/** Does the work again while the master cannot be reached, for as long as a restart may take. Says so once, by `say`. */
export async function patiently<T>(
  context: Context,
  work: () => Promise<T>,
  signal?: AbortSignal,
  say: () => Promise<void> = () => sayReconnecting(context),
): Promise<T> {
  for (let failed = 0; ; failed++) {
    try {
      return await work();
    } catch (error) {
      if (signal?.aborted || !(error instanceof UnreachableFailure) || failed >= reconnectAttempts) throw error;
      if (failed === 0) await say();
      await delay(context.io.clock, reconnectMs, signal);
    }
  }
}

/** `what` was lost: the connection to the master, or to something behind it. */
export function sayReconnecting(context: Context, what = "the master"): Promise<void> {
  // The line may stand where a terminal shows the progress.
  const start = context.io.stderr.isTty ? "\r\x1b[K" : "";
  return context.err(`${start}lost the connection to ${what}; reconnecting\n`);
}

/**
 * Reads a stream again and again, from its beginning. `read` resolves at its end, and calls `begun` when it has received
 * something. A failure before that ends the command, and so does a master that does not come back.
 */
export async function readAgain(
  context: Context,
  read: (begun: () => void) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  let everBegun = false;
  for (let failed = 0; !signal?.aborted; failed++) {
    let said = failed > 0;
    try {
      await read(() => {
        everBegun = true;
        failed = 0;
        said = false;
      });
    } catch (error) {
      if (signal?.aborted) return;
      const canPass = error instanceof UnreachableFailure || error instanceof StreamCut;
      if (!everBegun || !canPass || failed >= reconnectAttempts) throw error;
    }
    if (signal?.aborted) return;
    if (!said) await sayReconnecting(context);
    await delay(context.io.clock, reconnectMs, signal);
  }
}

/** The connection of a stream broke in the middle. */
class StreamCut extends Failure {
  override name = "StreamCut";
}

/** Turns a broken connection into a StreamCut, but lets errors of the reader pass. */
export async function* untilCut<T>(events: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* events;
  } catch (error) {
    if (error instanceof BrokenPipeError) throw error;
    throw new StreamCut("lost the connection to the master", "It may be restarting. Try again");
  }
}
