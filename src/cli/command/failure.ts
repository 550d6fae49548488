// The two ways in which a verb ends early, each with its sentence and exit code. Only runCli prints them.

import type { Refusal } from "../../model/refusal.ts";
import { oneLine } from "../render/style.ts";
import { exitCodes } from "./exit-codes.ts";

/** Ends the verb: said on stderr as "error: what: why. What next". */
export class Failure extends Error {
  override name = "Failure";
  readonly hint: string;
  readonly exitCode: number;
  constructor(message: string, hint = "", exitCode: number = exitCodes.error) {
    super(message);
    this.hint = hint;
    this.exitCode = exitCode;
  }
}

/** The command line itself is wrong. */
export class UsageError extends Failure {
  override name = "UsageError";
  constructor(message: string, hint = "") {
    super(message, hint, exitCodes.usage);
  }
}

/** The master said no. */
export class RefusedError extends Failure {
  override name = "RefusedError";
  readonly refusal: Refusal;
  constructor(refusal: Refusal, exitCode: number = exitCodes.error) {
    super(refusal.message, hintFor(refusal), exitCode);
    this.refusal = refusal;
  }
}

/** The flags of `run` whose values end up in these fields of a task. */
const flagOfField: Record<string, string> = {
  name: "NAME",
  image: "--image",
  env: "-e",
  labels: "-l",
  ports: "-p",
  mounts: "-v or --tmpfs",
  resources: "-m, --cpus or --reserve-*",
  restartPolicy: "--restart",
  constraints: "--constraint",
  user: "--user",
  workingDir: "--workdir",
  pullPolicy: "--pull",
  platform: "--platform",
  stopGraceSeconds: "--stop-timeout",
  args: "the command after --",
  command: "--entrypoint",
};

function hintFor({ code, hint, details }: Refusal): string {
  const field = typeof details?.field === "string" ? details.field.split(/[.[]/)[0]! : "";
  const flag = flagOfField[field];
  if (code === "invalid-field" && flag) return `Look at ${flag}; podling help run says what it takes.`;
  if (code === "unauthorized") return "Give the master's token with --token or PODLING_TOKEN.";
  return hint ?? "";
}

/** "error: what: why. What next" in one line, whatever engines and servers put into it. */
export function errorLine(message: string, hint: string): string {
  const what = oneLine(message).trim();
  const next = oneLine(hint).trim();
  if (next === "") return `error: ${what}\n`;
  return `error: ${what}${/[.?!]$/.test(what) ? "" : "."} ${next}\n`;
}
