// What an engine says of itself, judged: version, limits that the kernel gives it, clock, disk. Its answers may be
// anything.

import { formatMemory } from "../../../../model/quantity.ts";
import { type Finding, field, finding, fine, textField } from "./finding.ts";
import type { DiskSpace } from "./machine.ts";

/** The oldest Engine API that is part of the tests. */
const oldestApi = "1.41";

/** Off by more than this, times in tasks do not add up. */
const clockWarningMs = 2_000;
const clockProblemMs = 60_000;

/** Below these a journal, an image or a log soon has no room. */
const diskProblemBytes = 256 * 1024 * 1024;
const diskWarningBytes = 1024 * 1024 * 1024;
const diskWarningShare = 0.1;

export interface EngineAnswers {
  host: string;
  version: unknown;
  info: unknown;
  /** When it said so (the middle of the call), ms since the epoch, and how long the call took. */
  at: number;
  tookMs: number;
}

/** Why there is no answer, with what helps. `needed`: a worker belongs on this machine. */
export function engineAway(host: string, why: string, needed: boolean): Finding {
  if (!needed)
    return finding(
      "engine",
      "note",
      `${why}. Only machines with a worker need one`,
      `To run a worker here: ${engineFix(why)}`,
    );
  return finding("engine", "problem", `no engine at ${host}: ${why}`, engineFix(why));
}

function engineFix(why: string): string {
  if (why.includes("permission denied"))
    return "Add this user to the group docker (sudo usermod -aG docker $USER), and log in anew";
  return "Install Docker and start it (systemctl start docker); --docker-host or DOCKER_HOST say where another engine is";
}

export function engineFindings({ host, version, info, at, tookMs }: EngineAnswers): Finding[] {
  const number = textField(version, "Version") || textField(info, "ServerVersion");
  const api = textField(version, "ApiVersion");
  if (number === "" || api === "") {
    return [
      finding("engine", "problem", `what answers at ${host} is no engine`, "Look at --docker-host or DOCKER_HOST"),
    ];
  }
  const cgroups = textField(info, "CgroupVersion");
  const words = `version ${number}, API ${api}${cgroups === "" ? "" : `, cgroups ${cgroups}`} at ${host}`;
  const findings = [
    isOlder(api, oldestApi)
      ? finding(
          "engine",
          "warning",
          `${words}; ${oldestApi} is the oldest API that is tested`,
          "Install a newer engine",
        )
      : fine("engine", words),
    ...limitFindings(info),
  ];
  const time = Date.parse(textField(info, "SystemTime"));
  if (Number.isFinite(time)) findings.push(clockFinding("engine clock", "the engine's clock", time - at, tookMs / 2));
  if (field(info, "LiveRestoreEnabled") === false) {
    findings.push(
      finding(
        "live restore",
        "note",
        "containers end when the engine is restarted or upgraded; restart policies then decide",
        'Set "live-restore": true in /etc/docker/daemon.json, and reload the engine',
      ),
    );
  }
  return findings;
}

function limitFindings(info: unknown): Finding[] {
  const wanted: [name: string, what: string, flag: string][] = [
    ["MemoryLimit", "memory", "-m"],
    ["CpuCfsQuota", "cpu", "--cpus"],
  ];
  const findings = wanted
    .filter(([name]) => field(info, name) === false)
    .map(([, what, flag]) =>
      finding(
        "limits",
        "warning",
        `the kernel does not let the engine limit ${what}: ${flag} of podling run has no effect here`,
        what === "memory"
          ? "Boot with cgroup_enable=memory swapaccount=1 (on a Raspberry Pi in /boot/firmware/cmdline.txt)"
          : "Use a kernel with CONFIG_CFS_BANDWIDTH",
      ),
    );
  if (findings.length > 0) return findings;
  if (field(info, "MemoryLimit") === undefined)
    return [
      finding("limits", "note", "the engine does not say whether it can limit memory and cpu", "See docker info"),
    ];
  return [fine("limits", "memory and cpu of containers can be limited")];
}

/** `uncertainMs`: how far the measure itself may be off. */
export function clockFinding(check: string, whose: string, offMs: number, uncertainMs: number): Finding {
  const off = Math.max(0, Math.abs(offMs) - uncertainMs);
  const words = `${whose} is ${seconds(Math.abs(offMs))} ${offMs < 0 ? "behind" : "ahead of"} this machine's`;
  if (off < clockWarningMs) return fine(check, off === 0 ? `${whose} agrees, as far as can be told` : words);
  return finding(
    check,
    off < clockProblemMs ? "warning" : "problem",
    `${words}: times of tasks and logs will not add up`,
    "Let a time service set the clocks of all machines: timedatectl set-ntp true",
  );
}

function seconds(ms: number): string {
  return ms < 100_000 ? `${Math.round(ms / 100) / 10} s` : `${Math.round(ms / 60_000)} min`;
}

/** `fix` says what fills it, and so what helps. */
export function diskFinding(check: string, path: string, space: DiskSpace | null, fix: string): Finding {
  if (space === null) return finding(check, "note", `${path} cannot be seen from here`, "Look at it with df, as root");
  const { freeBytes, totalBytes } = space;
  const words = `${formatMemory(freeBytes)} of ${formatMemory(totalBytes)} free for ${path}`;
  if (freeBytes < diskProblemBytes) return finding(check, "problem", words, fix);
  if (freeBytes < diskWarningBytes || freeBytes < totalBytes * diskWarningShare)
    return finding(check, "warning", words, fix);
  return fine(check, words);
}

function isOlder(left: string, right: string): boolean {
  const [leftMajor = 0, leftMinor = 0] = left.split(".").map(Number);
  const [rightMajor = 0, rightMinor = 0] = right.split(".").map(Number);
  return leftMajor === rightMajor ? leftMinor < rightMinor : leftMajor < rightMajor;
}
