// The port to commands in a container that runs. Each method may throw RuntimeError("engine-unavailable").

export interface ExecRequest {
  /** A program and its arguments, without a shell. */
  command: readonly string[];
  /** Bytes of stdout and stderr together that are kept, from the first on. */
  outputBytes: number;
  timeoutMs: number;
}

export interface ExecResult {
  /** For `isRunning`. */
  execId: string;
  /** 126 and 127: the program cannot be run, or does not exist. Null: the time was over, and the command may run on. */
  exitCode: number | null;
  output: string;
}

export interface Exec {
  /**
   * Runs a command in a container, and resolves at its end or when the time is over. No engine ends a command before its
   * container: one that hangs runs on. Throws RuntimeError: container-lost if the container does not run.
   */
  run(containerId: string, request: ExecRequest): Promise<ExecResult>;

  /** True while a command of `run` has not ended. */
  isRunning(execId: string): Promise<boolean>;
}
