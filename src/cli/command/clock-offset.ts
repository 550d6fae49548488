// How far the clock of another machine is off, from the Date header of its answer.

export interface ClockOffset {
  /** ms by which that clock is ahead of this one. */
  offMs: number;
  /** The true offset is within so many ms of `offMs`. */
  uncertainMs: number;
}

/** Null without a date. Times in ms since the epoch, by this machine's clock. */
export function clockOffset(date: string | null, sentAt: number, receivedAt: number): ClockOffset | null {
  const said = Date.parse(date ?? "");
  if (!Number.isFinite(said)) return null;
  // The header has whole seconds, and may be a second old: servers make it once a second.
  return { offMs: said + 1000 - (sentAt + receivedAt) / 2, uncertainMs: 1000 + (receivedAt - sentAt) / 2 };
}
