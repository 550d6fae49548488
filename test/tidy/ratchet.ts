// Compares counts with what is allowed. A count that rose is a fault; one that fell is only a note, so that a change that
// improves several folders never has to edit the table in the same commit.

export interface Compared {
  faults: string[];
  notes: string[];
}

/** `counts` and `allowed` have the same keys; a key that is not allowed may have 0. */
export function compare(
  counts: Map<string, number>,
  allowed: Record<string, number>,
  describe: (key: string, count: number, limit: number) => string,
): Compared {
  const faults: string[] = [];
  const notes: string[] = [];
  for (const [key, count] of counts) {
    const limit = allowed[key] ?? 0;
    if (count > limit) faults.push(describe(key, count, limit));
  }
  for (const [key, limit] of Object.entries(allowed)) {
    const count = counts.get(key) ?? 0;
    if (count < limit) notes.push(`${key} has ${count}, ${limit} allowed`);
  }
  return { faults, notes };
}

/** The same for places by folder. All places of a folder with too many are listed: which one is new cannot be told. */
export function comparePlaces(places: Map<string, string[]>, allowed: Record<string, number>): Compared {
  const counts = new Map([...places].map(([area, list]) => [area, list.length]));
  return compare(counts, allowed, (area, count, limit) => {
    const list = places.get(area)!.join("\n  ");
    return `${area} has ${count}, ${limit} allowed (files that moved here may bring their allowance along)\n  ${list}`;
  });
}
