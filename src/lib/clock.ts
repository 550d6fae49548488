// The port to time. Code that the simulation runs takes a Clock instead of calling the platform. There are two times: the
// wall clock, which may jump, and the elapsed time, which only increases.

import { uptime } from "node:os";

/** Cancels a timer; cancelling twice, or after it fired, does nothing. */
export type CancelTimer = () => void;

export interface Clock {
  /** Milliseconds since the Unix epoch, UTC. */
  now(): number;
  /**
   * Milliseconds since an arbitrary start. It does not jump when the clock is set, and continues while the process is
   * stopped or the machine sleeps. Use it for every duration.
   */
  elapsed(): number;
  /** Calls `fire` once, not before `delayMs` from now. Never keeps a process alive by itself. */
  timer(delayMs: number, fire: () => void): CancelTimer;
  /** Calls `fire` once, as soon as the work at hand (all requests that have arrived) is done. */
  soon(fire: () => void): void;
}

/** setTimeout takes at most 2^31-1 ms, and fires at once beyond that. */
const longestTimerMs = 2_147_483_647;

/** The kernel's uptime may be in whole seconds: a difference of less than two means nothing. */
const sleepNoticedMs = 2_000;
/** Asking for the uptime is a system call: not for every heartbeat. */
const uptimeEveryMs = 200;

let sleptMs = 0;
let uptimeAskedAt = performance.now();
const ahead = uptime() * 1000 - uptimeAskedAt;

/** performance.now() stands still while the machine sleeps (a closed lid), the kernel's uptime does not. */
function elapsed(): number {
  const awakeMs = performance.now();
  if (awakeMs - uptimeAskedAt >= uptimeEveryMs) {
    uptimeAskedAt = awakeMs;
    const missing = uptime() * 1000 - ahead - awakeMs - sleptMs;
    if (missing > sleepNoticedMs) sleptMs += missing;
  }
  return awakeMs + sleptMs;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed,
  timer(delayMs, fire) {
    const handle = setTimeout(fire, Math.min(Math.max(0, delayMs), longestTimerMs));
    handle.unref();
    return () => clearTimeout(handle);
  },
  soon(fire) {
    setImmediate(fire);
  },
};

let lastMs = -1;
let lastText = "";

/** A time in ms as ISO 8601 UTC. Keeps the last result, so that all records of one tick share one string. */
export function toTimestamp(ms: number): string {
  if (ms !== lastMs) {
    lastText = new Date(ms).toISOString();
    lastMs = ms;
  }
  return lastText;
}

/** The time of an ISO 8601 text in ms since the epoch; NaN if it is none. */
export function fromTimestamp(text: string): number {
  return Date.parse(text);
}

/** Resolves after `delayMs`, or at once when `signal` aborts. */
export function delay(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.timer(delayMs, done);
    signal?.addEventListener("abort", done);
  });
}

/**
 * When a pause of this length is over, in ms since the epoch. A clock that was set back makes its end seem further away than
 * the whole pause: then it is over now.
 */
export function endOfPause(at: number, lengthMs: number, now: number): number {
  return at - now > lengthMs ? now : at;
}
