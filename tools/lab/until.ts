// Bounded waiting for a condition: what tests of real processes use where others would sleep. It knows nothing of what it
// waits for.

const POLL_MS = 20;
export const DEFAULT_WAIT_MS = 15_000;

/** Thrown by a probe when waiting on is pointless, for instance because the process that it asks has ended. */
export class GiveUp extends Error {}

/**
 * Asks again and again until `probe` gives something other than undefined, null or false, and returns that. An error
 * in `probe` means "not yet"; the last one is told when time runs out.
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
      last = `; the last try said: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms for ${what}, in vain${last}`);
    await Bun.sleep(POLL_MS);
  }
}
