// The errors of every port in this folder: failures of the engine, sorted by what can be done about them.

import type { ReasonCode } from "../model/task/reason.ts";

/** What only a start can say. */
export interface StartFailure {
  unusable?: boolean;
  exitCode?: number;
}

export class RuntimeError extends Error {
  override name = "RuntimeError";
  /** The reason code that a task gets. Any method may throw engine-unavailable: no answer, or one that makes no sense. */
  readonly code: ReasonCode;
  /** True when the same call may succeed later (registry or engine away). */
  readonly temporary: boolean;
  /** True when this container will never start again, but another one for the same task can. */
  readonly unusable: boolean;
  /** Of a start that failed: what a shell would give. 127: no such program; 126: it cannot be executed; 125: all else. */
  readonly exitCode: number | null;

  constructor(code: ReasonCode, message: string, temporary: boolean, of: StartFailure = {}) {
    super(message);
    this.code = code;
    this.temporary = temporary;
    this.unusable = of.unusable ?? false;
    this.exitCode = of.exitCode ?? null;
  }
}

/** The engine answers, and its answer to this call is an error. The message has the engine's own. */
export class EngineRefused extends RuntimeError {
  override name = "EngineRefused";

  constructor(message: string) {
    super("engine-unavailable", message, true);
  }
}

/** The engine answers, but keeps no logs of this container that can be read. The message is a sentence. */
export class LogsUnavailable extends Error {
  override name = "LogsUnavailable";
}

/** Why an engine that answers did not send a signal. */
export type SignalRefusal = "no-such-signal" | "not-running" | "no-container";

export class SignalRefused extends Error {
  override name = "SignalRefused";
  readonly why: SignalRefusal;

  constructor(why: SignalRefusal, message: string) {
    super(message);
    this.why = why;
  }
}
