// All exit codes of the command line. docs/CLI.md lists them.

export const exitCodes = {
  done: 0,
  error: 1,
  /** Accepted, but not done yet: for example a task that still waits for a node. */
  notYet: 2,
  /** A plan that would change something. */
  changes: 2,
  /** The cluster changed since the plan. */
  changed: 3,
  // How a simulated run failed; see exitCodeMeanings.
  safety: 10,
  liveness: 11,
  crash: 12,
  usage: 64,
  timeout: 124,
  /** `run --follow`: Podling could not run the container. 126 and 127 come from the engine. */
  notRun: 125,
  /** Ctrl-C; the value that shells use. */
  interrupted: 130,
} as const;

export const exitCodeMeanings: ReadonlyArray<readonly [code: string, meaning: string]> = [
  ["0", "done"],
  ["1", "error: refused, failed, or the master cannot be reached"],
  [
    "2",
    "accepted, but not done yet: a task waits for a node, or has not stopped yet. Of `podling plan` and `--dry-run`: something would change",
  ],
  ["3", "refused, because the cluster changed since the plan"],
  ["10", "`sim`: safety: a checker found an error, such as a lost acknowledged write"],
  ["11", "`sim`: liveness: after the faults ended, the cluster did not become stable"],
  ["12", "`sim`: crash: the code threw an error, or two runs of one seed differed"],
  ["64", "usage error (for `run`, also when the master rejects the request as invalid)"],
  ["124", "timeout of `wait`"],
  ["125", "`run --follow`: the container could not be run"],
  ["126", "`run --follow`: its command cannot be executed"],
  ["127", "`run --follow`: its command was not found"],
  ["130", "interrupted with Ctrl-C"],
  ["other", "`run --follow`: the container's own exit code"],
];
