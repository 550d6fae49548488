// What the command line returns, and nothing else returns a number of its own. docs/CLI.md lists these.

export const exitCodes = {
  done: 0,
  error: 1,
  /** Accepted, but not yet as asked: a task that still waits for room. */
  notYet: 2,
  /** The cluster changed since the plan. */
  changed: 3,
  // A simulated run failed: something wrong was seen, it did not come to rest, or the code broke.
  safety: 10,
  liveness: 11,
  crash: 12,
  usage: 64,
  timeout: 124,
  /** In the foreground: Podling could not run the container. 126 and 127 come from the engine. */
  notRun: 125,
  /** Ctrl-C, as shells count it. */
  interrupted: 130,
} as const;

export const exitCodeMeanings: ReadonlyArray<readonly [code: string, meaning: string]> = [
  ["0", "done"],
  ["1", "error: refused, failed, or the master cannot be reached"],
  ["2", "accepted, but not yet as asked: a task waits for room, or has not stopped yet"],
  ["3", "refused, because the cluster changed since the plan"],
  ["10", "`sim`: safety: something wrong was seen, such as an acknowledged write that is gone"],
  ["11", "`sim`: liveness: the healed cluster did not come to rest, or did not stay quiet"],
  ["12", "`sim`: crash: the code itself broke, or the same seed gave two different runs"],
  ["64", "usage: the command line itself is wrong; for `run` also where only the master can tell"],
  ["124", "timeout of `wait`"],
  ["125", "`run --follow`: the container could not be run"],
  ["126", "`run --follow`: its command cannot be executed"],
  ["127", "`run --follow`: its command was not found"],
  ["130", "interrupted with Ctrl-C"],
  ["other", "`run --follow`: the container's own exit code"],
];
