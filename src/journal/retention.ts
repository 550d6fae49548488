// Which history a journal drops. It decides only; the adapters truncate.

import type { HistoryLimits } from "./journal.ts";

/** What an adapter knows of a committed snapshot: the log can be truncated there. */
export interface Border {
  revision: number;
  /** The largest `at` of all batches up to the snapshot, in ms since the epoch; null if it is not known. */
  at: number | null;
  /** Bytes of all batches that were ever appended up to the snapshot. */
  bytesBefore: number;
  /** Bytes of the snapshot itself. */
  bytes: number;
}

/**
 * The revision to truncate at; null if everything is kept. `borders` are ascending, `bytesAppended` counts all batches
 * ever appended. The two newest snapshots stay: explanations read back to the older of them.
 */
export function truncationOf(
  borders: readonly Border[],
  { ms, bytes }: HistoryLimits,
  now: number,
  bytesAppended: number,
): number | null {
  const newestAllowed = borders.length - 2;
  if (newestAllowed < 0) return null;
  const upToOldEnough = borders.findLastIndex(
    ({ at }, index) => index <= newestAllowed && at !== null && at <= now - ms,
  );
  let border = upToOldEnough;
  while (border < newestAllowed && bytesKept(borders, border, bytesAppended) > bytes) border++;
  return border < 0 ? null : borders[border]!.revision;
}

/** Bytes of what is left after a truncation at the border; of everything for -1. */
function bytesKept(borders: readonly Border[], border: number, bytesAppended: number): number {
  const snapshots = borders.slice(Math.max(0, border)).reduce((sum, { bytes }) => sum + bytes, 0);
  return snapshots + bytesAppended - (border < 0 ? 0 : borders[border]!.bytesBefore);
}
