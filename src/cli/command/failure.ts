// The errors that end a command, each with its sentence and exit code. Only runCli prints them.

import type { Refusal } from "../../model/refusal.ts";
import { oneLine } from "../render/style.ts";
import { wrapAfter } from "../render/wrap.ts";
import { exitCodes } from "./exit-codes.ts";
import type { Output } from "./io.ts";

/** Ends the command. Printed on stderr as "error: what: why. What next". */
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

/** An output takes no more: its disk is full, its terminal is gone. The command cannot go on. */
export class OutputFailure extends Failure {
  override name = "OutputFailure";
}

/** The command line is wrong. */
export class UsageError extends Failure {
  override name = "UsageError";
  constructor(message: string, hint = "") {
    super(message, hint, exitCodes.usage);
  }
}

/** The master refused the request. */
export class RefusedError extends Failure {
  override name = "RefusedError";
  readonly refusal: Refusal;
  /** `commandName`: whose help has the flag of a wrong field. */
  constructor(refusal: Refusal, { exitCode = exitCodes.error as number, commandName = "run" } = {}) {
    super(refusal.message, hintFor(refusal, commandName), exitCode);
    this.refusal = refusal;
  }
}

/** The flag that sets each field: of tasks that of `run`, which services and jobs have, too. A field of a group is written with the group. */
const flagOfField: Readonly<Record<string, string>> = {
  name: "NAME",
  image: "--image",
  env: "-e and --env-file",
  labels: "-l",
  ports: "-p",
  mounts: "-v, --mount and --tmpfs",
  configs: "--config and --config-env",
  secrets: "--secret and --secret-env",
  resources: "-m, --cpus, --reserve-memory and --reserve-cpu",
  restartPolicy: "--restart",
  constraints: "--constraint",
  placement: "--spread, --max-per-node, --prefer, --near and --apart",
  priority: "--priority",
  user: "--user",
  workingDir: "--workdir",
  pullPolicy: "--pull",
  platform: "--platform",
  stopGraceSeconds: "--stop-timeout",
  startupProbe: "--startup",
  livenessProbe: "--liveness",
  readinessProbe: "--readiness",
  args: "the command after --",
  command: "--entrypoint",
  "network.mode": "--network",
  "network.app": "--network",
  "network.hostname": "--hostname",
  "network.extraHosts": "--add-host",
  "network.dns": "--dns, --dns-search and --dns-option",
  "process.init": "--init",
  "process.stopSignal": "--stop-signal",
  "security.privileged": "--privileged",
  "security.readOnly": "--read-only",
  "security.capAdd": "--cap-add",
  "security.capDrop": "--cap-drop",
  "security.groupAdd": "--group-add",
  "security.options": "--security-opt",
  "devices.paths": "--device",
  "devices.gpus": "--gpus",
  "limits.ulimits": "--ulimit",
  "limits.shmSizeBytes": "--shm-size",
  "limits.sysctls": "--sysctl",
  "limits.pids": "--pids-limit",
  "limits.memorySwapBytes": "--memory-swap",
  "logging.driver": "--log-driver",
  "logging.options": "--log-opt",
  "health.command": "--health-cmd",
  "health.intervalMs": "--health-interval",
  "health.timeoutMs": "--health-timeout",
  "health.startPeriodMs": "--health-start-period",
  "health.retries": "--health-retries",
  "health.disabled": "--no-healthcheck",
  // Beside those of tasks: pods, services, jobs and schedules.
  namespace: "--namespace",
  selector: "--selector",
  replicas: "--replicas",
  completions: "--completions",
  parallelism: "--parallelism",
  backoffLimit: "--backoff-limit",
  activeDeadline: "--deadline",
  ttlAfterFinished: "--ttl",
  startDeadline: "--start-deadline",
};

/** Undefined if no flag sets the field. */
export function flagOf(field: string): string | undefined {
  const [group = "", name = ""] = field.split(/[.[]/);
  return flagOfField[group] ?? flagOfField[`${group}.${name}`];
}

function hintFor({ code, hint, details }: Refusal, commandName: string): string {
  const flag = typeof details?.field === "string" ? flagOf(details.field) : undefined;
  if (code === "invalid-field" && flag) return `Check ${flag}; see podling help ${commandName}.`;
  if (code === "unauthorized")
    return "Set the token with --token-file or PODLING_TOKEN, or use a context that has it: podling help context.";
  return hint ?? "";
}

/** "error: what: why. What next" in one line: line ends and control characters of messages are replaced. */
export function errorLine(message: string, hint: string): string {
  const what = oneLine(message).trim();
  const next = oneLine(hint).trim();
  if (next === "") return `error: ${what}\n`;
  return `error: ${what}${/[.?!]$/.test(what) ? "" : "."} ${next}\n`;
}

/** Writes the error line to stderr; on a terminal it is wrapped at words. */
export function writeError(stderr: Output, message: string, hint: string): Promise<void> {
  return stderr.write(wrapAfter("", errorLine(message, hint).trimEnd(), stderr.isTty ? stderr.columns() : null));
}
