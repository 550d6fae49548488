// The limits of probes, each with the reason for its number. They are part of the limits of the system (limits.ts).

const KiB = 1024;
const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

export const probeLimits = {
  // ---- probes
  /** Checks in flight of a worker: at 1 s each, the longest default, 64 a second, and a quarter of the requests that Bun can have in flight. */
  probesAtOnce: 64,
  /** Commands in containers at once: each costs the engine a process and three calls. */
  execProbesAtOnce: 8,
  /** Kubernetes' default and least values. */
  probePeriodMs: 10 * second,
  probePeriodMinMs: 1 * second,
  /** Kubernetes' default. A shorter timeout is useful on one network. */
  probeTimeoutMs: 1 * second,
  probeTimeoutMinMs: 100,
  /** A check holds a place for as long. */
  probeTimeoutMaxMs: 1 * minute,
  probeFailures: 3,
  probeThreshold: 1_000,
  /** Longest delay and period: a day. */
  probeMs: 24 * hour,
  /** Checks of containers that were started together drift apart. */
  probeJitter: 0.1,
  /** Checks that are due within this time run at once. */
  probesTogetherMs: 25,
  probeHeaders: 16,
  /** Of the output of a check that failed: as much as the engine keeps of its own health checks. */
  probeOutputBytes: 4 * KiB,
  /** A container that goes back and forth adds output to the journal at most this often; in between only its first line. */
  probeOutputIntervalMs: 10 * second,
  /** A reason with the output of a check. */
  reasonLength: 6 * KiB,
} as const;
