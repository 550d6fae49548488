// Bounded waiting for a condition, which tests of real processes use instead of sleeping.

const POLL_MS = 20;
export const DEFAULT_WAIT_MS = 15_000;

/** Thrown by a probe when more waiting is useless, for instance because the process has ended. */
export class GiveUp extends Error {}

/**
 * Calls `probe` repeatedly until it returns something other than undefined, null or false, and returns that. An error in
 * `probe` means "not yet"; the timeout's error contains the last one.
 */
export async function until<T>(
  what: string,
  probe: () => T | Promise<T>,
  limitMs: number = DEFAULT_WAIT_MS,
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = performance.now() + limitMs;
  let last = "";
  while (true) {
    try {
      const value = await probe();
      if (value !== undefined && value !== null && value !== false) return value as NonNullable<Exclude<T, false>>;
      last = "";
    } catch (error) {
      if (error instanceof GiveUp) throw error;
      last = `; the last error: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms for ${what}${last}`);
    await Bun.sleep(POLL_MS);
  }
}
