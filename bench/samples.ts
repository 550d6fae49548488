// The samples of one measurement with median, least and most. It knows no unit and no target.

export interface Samples {
  all: readonly number[];
  median: number;
  min: number;
  max: number;
}

export function samplesOf(all: readonly number[]): Samples {
  if (all.length === 0) throw new Error("a measurement without samples");
  const sorted = all.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { all, median, min: sorted[0]!, max: sorted.at(-1)! };
}

/** Seconds that `step` takes. */
export async function seconds(step: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await step();
  return (performance.now() - from) / 1000;
}

/**
 * Runs each contender `rounds` times and reverses the order each round, so that none always comes first or after the same
 * other. Returns the samples by name.
 */
export async function alternate<Name extends string>(
  rounds: number,
  contenders: Record<Name, (round: number) => Promise<number>>,
): Promise<Record<Name, Samples>> {
  const names = Object.keys(contenders) as Name[];
  const taken = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      taken.get(name)!.push(await contenders[name](round));
    }
  }
  return Object.fromEntries(names.map((name) => [name, samplesOf(taken.get(name)!)])) as Record<Name, Samples>;
}
