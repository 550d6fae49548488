// Commands in simulated containers, and checks of them: the program says how it answers.

import { delay } from "../../lib/clock.ts";
import { randomText } from "../../lib/random.ts";
import type { HttpCheck } from "../../model/task/probes.ts";
import { CheckFailed, type Checks, type CheckTarget, type HttpAnswer, wantedStatuses } from "../checks.ts";
import type { Exec, ExecRequest, ExecResult } from "../exec.ts";
import { RuntimeError } from "../runtime-error.ts";
import type { SimulatedContainers } from "./containers.ts";
import type { EngineState } from "./engine-state.ts";
import type { SimulatedAnswer, SimulatedCheck } from "./options.ts";

/** Of a command in a container that runs: it is not found, or ends with such a code. */
const failedExit = 1;

export class SimulatedExec implements Exec {
  readonly #engine: EngineState;
  readonly #containers: SimulatedContainers;
  /** Those that hang, with the run of the container that they hang in. */
  readonly #hanging = new Map<string, { containerId: string; run: number }>();

  constructor(engine: EngineState, containers: SimulatedContainers) {
    this.#engine = engine;
    this.#containers = containers;
  }

  async run(containerId: string, { command, outputBytes, timeoutMs }: ExecRequest): Promise<ExecResult> {
    await this.#engine.call("exec");
    const execId = randomText(this.#engine.random, 64);
    const run = this.#containers.runOf(containerId);
    const answer = this.#containers.answer(containerId, { type: "exec", command });
    if (answer === null || run === null)
      throw new RuntimeError("container-lost", `container ${containerId} is not running`, true);
    if (answer === "silent") {
      this.#hanging.set(execId, { containerId, run });
      await delay(this.#engine.clock, timeoutMs);
      this.#engine.mustAnswer();
      return { execId, exitCode: null, output: "" };
    }
    if (answer === "closed") return { execId, exitCode: failedExit, output: "" };
    const output = Buffer.from(answer.output ?? "")
      .subarray(0, outputBytes)
      .toString("utf8");
    return { execId, exitCode: answer.good ? 0 : failedExit, output };
  }

  async isRunning(execId: string): Promise<boolean> {
    await this.#engine.call("execState");
    const hanging = this.#hanging.get(execId);
    if (hanging && this.#containers.runOf(hanging.containerId) === hanging.run) return true;
    this.#hanging.delete(execId);
    return false;
  }
}

/** They reach a container also while its engine is away. */
export class SimulatedChecks implements Checks {
  readonly #engine: EngineState;
  readonly #containers: SimulatedContainers;

  constructor(engine: EngineState, containers: SimulatedContainers) {
    this.#engine = engine;
    this.#containers = containers;
  }

  async http(
    target: CheckTarget,
    check: HttpCheck,
    { timeoutMs, bodyBytes }: { timeoutMs: number; bodyBytes: number },
  ): Promise<HttpAnswer> {
    const { port, path = "/", scheme = "http" } = check;
    const url = `${scheme}://${addressOf(target)}:${port}${path}`;
    const answer = await this.#ask(target, { type: "http", port, path }, timeoutMs, `GET ${url}`);
    const { from } = wantedStatuses(check);
    return { url, status: answer.good ? from : 503, body: (answer.output ?? "").slice(0, bodyBytes) };
  }

  async tcp(target: CheckTarget, port: number, timeoutMs: number): Promise<void> {
    const what = `cannot connect to ${addressOf(target)}:${port}`;
    const answer = await this.#ask(target, { type: "tcp", port }, timeoutMs, what);
    if (!answer.good) throw new CheckFailed(`${what}: connection refused`);
  }

  async #ask(
    { containerId }: CheckTarget,
    check: SimulatedCheck,
    timeoutMs: number,
    what: string,
  ): Promise<Extract<SimulatedAnswer, object>> {
    // A round trip: nothing answers in the same moment.
    await delay(this.#engine.clock, Math.min(1, timeoutMs));
    const answer = this.#containers.answer(containerId, check);
    if (answer === null || answer === "closed") throw new CheckFailed(`${what}: connection refused`);
    if (answer !== "silent") return answer;
    await delay(this.#engine.clock, timeoutMs);
    throw new CheckFailed(`${what}: no answer in ${timeoutMs / 1000} s`);
  }
}

function addressOf({ address, hostNetwork }: CheckTarget): string {
  return hostNetwork ? "127.0.0.1" : (address ?? "0.0.0.0");
}
