// Reads one stream of assignments from its first byte to its end, and ends a stream that has been silent for too long.

import { type Client, UnreachableError } from "../../api/client.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import { socketErrorMeaning } from "../../lib/socket-error.ts";
import { readEvents } from "../../lib/sse.ts";
import { limits } from "../../model/limits.ts";

/** A stream without a byte for so long, also without a keep-alive, is dead although its socket does not show it. */
const streamSilenceMs = limits.streamKeepAliveMs * 2.5;

export interface AssignmentReaderOptions {
  client: Client;
  clock: Clock;
  log: Log;
  nodeId: string;
  /** Ends the stream; aborted when it has ended. */
  stream: AbortController;
  /** One event; the next waits until it resolves. */
  onEvent: (event: string, data: string) => Promise<void>;
}

/** Resolves when it has ended, to whether it had begun. */
export async function readAssignments(options: AssignmentReaderOptions): Promise<boolean> {
  const { client, clock, log, nodeId, stream, onEvent } = options;
  let begun = false;
  let lastByteAt = clock.elapsed();
  let cancelSilence = () => {};
  const listen = () => {
    // Whole milliseconds: less than one is a rounding error, and would set the timer again and again.
    const leftMs = Math.floor(lastByteAt + streamSilenceMs - clock.elapsed());
    if (leftMs <= 0) stream.abort();
    else cancelSilence = clock.timer(leftMs, listen);
  };
  const onBytes = () => {
    lastByteAt = clock.elapsed();
  };
  try {
    listen();
    const asked = { id: nodeId, signal: stream.signal, timeoutMs: limits.reportPatienceMs };
    const response = await client.fetch("nodeAssignments", asked);
    if (response.ok && response.body) {
      begun = true;
      for await (const { event, data } of readEvents(response.body, onBytes)) await onEvent(event, data);
    } else {
      await response.arrayBuffer();
    }
  } catch (error) {
    if (!stream.signal.aborted && !(error instanceof UnreachableError)) {
      log.warn("the stream of assignments broke", { why: socketErrorMeaning(error) });
    }
  } finally {
    cancelSilence();
    stream.abort();
  }
  return begun;
}
