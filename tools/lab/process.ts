// One process that a test owns: its pid file is in the lab's folder, its output in a file, and it is ended by pid. On Linux
// the kernel ends it together with the test process. It never searches for processes by name.

import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Subprocess } from "bun";
import { type Claim, identify } from "./claim.ts";
import { GiveUp, until } from "./until.ts";

const END_WAIT_MS = 10_000;

export type ProcessOptions = {
  cwd?: string;
  env?: Record<string, string>;
  /** The network namespace to run in; without it, that of the test. */
  namespace?: string;
};

/** PR_SET_PDEATHSIG: the kernel kills the child when the test process ends for any reason. */
function endsWithParent(): string[] {
  return Bun.which("setpriv") === null ? [] : ["setpriv", "--pdeathsig", "KILL"];
}

/** Uses nsenter, because ip netns exec mounts another /sys, in which an engine finds no cgroups. */
export function inNamespace(namespace: string | undefined): string[] {
  return namespace === undefined ? [] : ["nsenter", `--net=/var/run/netns/${namespace}`];
}

export class OwnedProcess {
  readonly name: string;
  readonly command: string[];
  readonly #child: Subprocess;
  readonly #pidFile: string;
  readonly #outputFile: string;

  constructor(claim: Claim, name: string, command: string[], options: ProcessOptions = {}) {
    this.name = name;
    this.command = command;
    this.#pidFile = join(claim.folder, "pids", name);
    mkdirSync(join(claim.folder, "output"), { recursive: true });
    this.#outputFile = join(claim.folder, "output", name);
    const output = openSync(this.#outputFile, "a");
    try {
      this.#child = Bun.spawn([...endsWithParent(), ...inNamespace(options.namespace), ...command], {
        stdin: "ignore",
        stdout: output,
        stderr: output,
        // A session of its own, so that Ctrl-C reaches only the tests, which end their processes in order.
        detached: true,
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
        env: { ...process.env, ...options.env },
      });
    } finally {
      closeSync(output);
    }
    writeFileSync(this.#pidFile, identify(this.#child.pid));
  }

  get pid(): number {
    return this.#child.pid;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Its output so far, stdout and stderr in the order in which they were written. */
  output(): string {
    try {
      return readFileSync(this.#outputFile, "utf8");
    } catch {
      return "";
    }
  }

  /** Waits until its output matches, and returns the match; throws when the process ends before. */
  async printed(pattern: RegExp, limitMs?: number): Promise<RegExpExecArray> {
    return until(
      `${this.name} to print ${pattern}`,
      () => {
        const match = pattern.exec(this.output());
        if (match === null) this.mustRun();
        return match;
      },
      limitMs,
    );
  }

  /** Throws with its output if the process has ended. */
  mustRun(): void {
    if (!this.running) {
      const code = this.#child.signalCode ?? this.#child.exitCode;
      throw new GiveUp(`${this.name} ended with ${code}; it printed:\n${this.output().slice(-4_000)}`);
    }
  }

  signal(signal: NodeJS.Signals): void {
    if (this.running) process.kill(this.pid, signal);
  }

  /** Waits for its end. Returns the exit code, or null if a signal ended it. */
  async exited(limitMs: number = END_WAIT_MS): Promise<number | null> {
    await until(`${this.name} to end`, () => !this.running, limitMs);
    return this.#child.exitCode;
  }

  /** Sends the signal and waits for the end. */
  async kill(signal: NodeJS.Signals = "SIGKILL", limitMs?: number): Promise<number | null> {
    this.signal(signal);
    const code = await this.exited(limitMs);
    rmSync(this.#pidFile, { force: true });
    return code;
  }
}
