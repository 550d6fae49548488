// The one error of every port in this folder: a failure of the engine, sorted by what can be done about it.

import type { ReasonCode } from "../model/task/reason.ts";

export class RuntimeError extends Error {
  override name = "RuntimeError";
  /** The reason code that a task gets. Any method may throw engine-unavailable: no answer, or one that makes no sense. */
  readonly code: ReasonCode;
  /** True when the same call may succeed later (registry or engine away). */
  readonly temporary: boolean;
  /** True when this container will never start again, but another one for the same task can. */
  readonly unusable: boolean;
  constructor(code: ReasonCode, message: string, temporary: boolean, unusable = false) {
    super(message);
    this.code = code;
    this.temporary = temporary;
    this.unusable = unusable;
  }
}
