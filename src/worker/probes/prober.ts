// Runs the checks of all probes of one worker: so many at once, each with its timeout, and counts them.

import type { Clock } from "../../lib/clock.ts";
import type { Random } from "../../lib/random.ts";
import { Semaphore } from "../../lib/semaphore.ts";
import { limits } from "../../model/limits.ts";
import type { Probe } from "../../model/task/probes.ts";
import { CheckFailed, type CheckTarget, wantedStatuses } from "../../runtime/checks.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { RuntimeError } from "../../runtime/runtime-error.ts";
import { cut, type ProbeKind } from "./health.ts";
import type { CheckResult } from "./probe.ts";

export interface ProberOptions {
  runtime: Pick<Runtime, "exec" | "checks">;
  clock: Clock;
  random: Random;
}

/** A command that hangs in a container, so that no second one is started beside it. */
export interface Hanging {
  execId: string | null;
}

export type ProbeCounts = Record<ProbeKind, { passed: number; failed: number; unknown: number }>;

export class Prober {
  readonly clock: Clock;
  readonly random: Random;
  readonly counts: ProbeCounts = {
    startup: { passed: 0, failed: 0, unknown: 0 },
    liveness: { passed: 0, failed: 0, unknown: 0 },
    readiness: { passed: 0, failed: 0, unknown: 0 },
  };
  readonly #runtime: Pick<Runtime, "exec" | "checks">;
  readonly #all = new Semaphore(limits.probesAtOnce);
  readonly #commands = new Semaphore(limits.execProbesAtOnce);

  constructor({ runtime, clock, random }: ProberOptions) {
    this.#runtime = runtime;
    this.clock = clock;
    this.random = random;
  }

  /**
   * The result of one check; null if nothing can be concluded, because the engine does not answer or the container has ended.
   * `isWanted` is asked when its turn has come.
   */
  async check(
    kind: ProbeKind,
    probe: Probe,
    target: CheckTarget,
    hanging: Hanging,
    isWanted: () => boolean,
  ): Promise<CheckResult | null> {
    const run = () =>
      this.#all.run(async () => (isWanted() ? this.#result(probe, target, hanging) : Promise.resolve(null)));
    const result = await (probe.exec ? this.#commands.run(run) : run());
    if (isWanted()) this.counts[kind][result === null ? "unknown" : result.passed ? "passed" : "failed"]++;
    return result;
  }

  async #result(probe: Probe, target: CheckTarget, hanging: Hanging): Promise<CheckResult | null> {
    const { timeoutMs = limits.probeTimeoutMs } = probe;
    try {
      if (probe.http) return await this.#http(probe.http, target, timeoutMs);
      if (probe.tcp) {
        await this.#runtime.checks.tcp(target, probe.tcp.port, timeoutMs);
        return { passed: true, output: "" };
      }
      return probe.exec ? await this.#exec(probe.exec, target, timeoutMs, hanging) : null;
    } catch (error) {
      if (error instanceof CheckFailed) return { passed: false, output: cut(error.message) };
      if (error instanceof RuntimeError) return null;
      throw error;
    }
  }

  async #http(check: NonNullable<Probe["http"]>, target: CheckTarget, timeoutMs: number): Promise<CheckResult> {
    const limit = { timeoutMs, bodyBytes: limits.probeOutputBytes };
    const { url, status, body } = await this.#runtime.checks.http(target, check, limit);
    const { from, to } = wantedStatuses(check);
    if (status >= from && status <= to) return { passed: true, output: "" };
    return { passed: false, output: said(`GET ${url} answered ${status}`, body) };
  }

  async #exec(
    { command }: NonNullable<Probe["exec"]>,
    { containerId }: CheckTarget,
    timeoutMs: number,
    hanging: Hanging,
  ): Promise<CheckResult> {
    const { exec } = this.#runtime;
    if (hanging.execId !== null && (await exec.isRunning(hanging.execId)))
      return { passed: false, output: "the command of an earlier check still runs" };
    hanging.execId = null;
    const words = typeof command === "string" ? ["/bin/sh", "-c", command] : command;
    const request = { command: words, outputBytes: limits.probeOutputBytes, timeoutMs };
    const { execId, exitCode, output } = await exec.run(containerId, request);
    if (exitCode === 0) return { passed: true, output: "" };
    if (exitCode !== null) return { passed: false, output: said(`exit code ${exitCode}`, output) };
    hanging.execId = execId;
    return { passed: false, output: said(`the command did not end in ${timeoutMs / 1000} s`, output) };
  }
}

function said(what: string, output: string): string {
  const text = output.trim();
  return cut(text === "" ? what : `${what}: ${text}`);
}
