// Binary search by a condition.

/**
 * The first index from `low` to before `high` for which the condition holds; `high` if there is none. The condition must not
 * hold up to some index, and hold from there on.
 */
export function firstIndex(low: number, high: number, holds: (index: number) => boolean): number {
  let [from, to] = [low, high];
  while (from < to) {
    const middle = from + ((to - from) >>> 1);
    if (holds(middle)) to = middle;
    else from = middle + 1;
  }
  return from;
}
