// Pauses between attempts that grow.

/** `initialMs`, doubled so many times: 1 s, 2 s, 4 s, ..., at most `mostMs`. */
export function doubled(initialMs: number, times: number, mostMs: number): number {
  return Math.min(initialMs * 2 ** times, mostMs);
}
