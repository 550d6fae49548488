// Decides whether a series of measurements keeps growing. Pure arithmetic on samples.
//
// The rule: the measured time is cut into thirds. A leak grows in the last third as in the second; a warm-up does not. So a
// series grows when the median of the last third is above that of the second by more than the tolerance: three times the
// noise (the scatter around the trend), and at least a given floor.

export type Sample = { atMs: number; value: number };

export type Trend = {
  samples: number;
  start: number;
  middle: number;
  end: number;
  /** Theil-Sen: the median of all slopes between two samples, an hour. */
  slopePerHour: number;
  /** Median distance of the samples from the trend, scaled to a standard deviation. */
  noise: number;
  /** How far the last third may lie above the second. */
  tolerance: number;
  /** How far it does. */
  rise: number;
  grows: boolean;
  /** The slowest steady growth that this run would have found, an hour. */
  detectablePerHour: number;
};

const hourMs = 3_600_000;
/** 400 samples have 80,000 slopes; with more samples every n-th one is enough. */
const mostSamples = 400;
/** With fewer, the median of a third means nothing. */
const fewestSamples = 9;
const toDeviation = 1.4826;
const noisesTolerated = 3;

/** `floor`: a rise that is never called growth, for instance the size of a heap's own steps. */
export function trendOf(samples: readonly Sample[], floor: number): Trend {
  if (samples.length < fewestSamples) {
    throw new Error(`${samples.length} samples are too few; at least ${fewestSamples} are needed: run for longer`);
  }
  const third = Math.floor(samples.length / 3);
  const medianOf = (part: readonly Sample[]) => median(part.map(({ value }) => value));
  const start = medianOf(samples.slice(0, third));
  const middle = medianOf(samples.slice(third, -third));
  const end = medianOf(samples.slice(-third));
  const thinned = thin(samples);
  const slopePerMs = median(slopes(thinned));
  const noise = scatter(thinned, slopePerMs);
  const tolerance = Math.max(floor, noisesTolerated * noise);
  const rise = end - middle;
  const spanMs = samples.at(-1)!.atMs - samples[0]!.atMs;
  return {
    samples: samples.length,
    ...{ start, middle, end, noise, tolerance, rise },
    slopePerHour: slopePerMs * hourMs,
    grows: rise > tolerance,
    detectablePerHour: (tolerance / (spanMs / 3)) * hourMs,
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

function thin(samples: readonly Sample[]): readonly Sample[] {
  const step = Math.ceil(samples.length / mostSamples);
  return samples.filter((_, index) => index % step === 0);
}

function slopes(samples: readonly Sample[]): number[] {
  const found: number[] = [];
  samples.forEach((from, index) => {
    for (const to of samples.slice(index + 1)) found.push((to.value - from.value) / (to.atMs - from.atMs));
  });
  return found;
}

function scatter(samples: readonly Sample[], slopePerMs: number): number {
  const offsets = samples.map(({ atMs, value }) => value - slopePerMs * atMs);
  const centre = median(offsets);
  return toDeviation * median(offsets.map((offset) => Math.abs(offset - centre)));
}
