// Commands in containers, over the Docker Engine API: made, started with their output as frames, and asked for their end.

import { readFrames } from "../../lib/frames.ts";
import type { Exec, ExecRequest, ExecResult } from "../exec.ts";
import { EngineRefused, RuntimeError } from "../runtime-error.ts";
import type { EngineHttp } from "./engine-http.ts";
import { engineMessage } from "./errors.ts";

/** The engine says that a command runs a moment longer than its output. */
const endLooks = 20;
const endLookMs = 10;

export class DockerExec implements Exec {
  readonly #http: EngineHttp;

  constructor(http: EngineHttp) {
    this.#http = http;
  }

  async run(containerId: string, { command, outputBytes, timeoutMs }: ExecRequest): Promise<ExecResult> {
    const body = { AttachStdout: true, AttachStderr: true, Cmd: command };
    const created = await this.#http.call("POST", `/containers/${containerId}/exec`, { body });
    if (!created.ok) throw refusal(created.status, await engineMessage(created));
    const { Id: execId } = (await created.json()) as { Id: string };
    const output = new LimitedText(outputBytes);
    const over = AbortSignal.timeout(timeoutMs);
    let hasBegun = false;
    try {
      const options = { body: { Detach: false, Tty: false }, signal: over, timeoutMs: null, long: true };
      const response = await this.#http.call("POST", `/exec/${execId}/start`, options);
      hasBegun = true;
      if (!response.ok) {
        const message = await engineMessage(response);
        const exitCode = startExitCode(message);
        // Newer engines refuse to start a program that does not exist; older ones start it, and it ends with such a code.
        if (exitCode !== null) return { execId, exitCode, output: message };
        throw refusal(response.status, message);
      }
      for await (const { payload } of readFrames(response.body!)) output.add(payload);
    } catch (error) {
      if (over.aborted && hasBegun) return { execId, exitCode: null, output: output.text };
      if (over.aborted)
        throw new RuntimeError("engine-unavailable", `the engine has not begun a command in ${timeoutMs} ms`, true);
      if (error instanceof RuntimeError) throw error;
      throw new RuntimeError("engine-unavailable", `the output of a command broke off: ${error}`, true);
    }
    return { execId, exitCode: await this.#exitCode(execId), output: output.text };
  }

  async isRunning(execId: string): Promise<boolean> {
    const response = await this.#http.call("GET", `/exec/${execId}/json`);
    if (response.status === 404) {
      await response.arrayBuffer();
      return false;
    }
    await this.#http.expectOk(response);
    return ((await response.json()) as { Running: boolean }).Running;
  }

  /** Null if the engine does not say. */
  async #exitCode(execId: string): Promise<number | null> {
    for (let look = 0; look < endLooks; look++) {
      type State = { Running: boolean; ExitCode: number | null };
      const { Running, ExitCode } = await this.#http.json<State>("GET", `/exec/${execId}/json`);
      if (!Running && ExitCode !== null) return ExitCode;
      await Bun.sleep(endLookMs);
    }
    return null;
  }
}

function refusal(status: number, message: string): RuntimeError {
  // 409: the container does not run, or is paused. Podman answers 500 to that.
  const isLost = status === 404 || status === 409 || /container state improper|is not running/i.test(message);
  return isLost ? new RuntimeError("container-lost", message, true) : new EngineRefused(message);
}

/** What a shell would give; null if the message says something else than that the program cannot be run. */
function startExitCode(message: string): number | null {
  if (/executable file .*not found|command that was not found|no such file or directory/i.test(message)) return 127;
  return /permission denied|is a directory|exec format error/i.test(message) ? 126 : null;
}

/** The first bytes of what is added. */
class LimitedText {
  readonly #parts: Uint8Array[] = [];
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  add(part: Uint8Array): void {
    if (this.#left === 0) return;
    const taken = part.slice(0, this.#left);
    this.#left -= taken.length;
    this.#parts.push(taken);
  }

  get text(): string {
    return Buffer.concat(this.#parts).toString("utf8");
  }
}
