// Findings from the responses of an engine: version, limits of the kernel, clock, disk. The responses are unchecked.

import { formatMemory } from "../../../../model/quantity.ts";
import { type Finding, field, finding, fine, textField } from "./finding.ts";
import type { DiskSpace } from "./machine.ts";

/** The oldest Engine API that the tests cover. */
const oldestApi = "1.41";

/** Differences at which times of tasks and logs become misleading. */
const clockWarningMs = 2_000;
const clockProblemMs = 60_000;

/** Free space below which the journal, images or logs may soon fill the disk. */
const diskProblemBytes = 256 * 1024 * 1024;
const diskWarningBytes = 1024 * 1024 * 1024;
const diskWarningShare = 0.1;

export interface EngineAnswers {
  host: string;
  version: unknown;
  info: unknown;
  /** Why it starts no container although it answers. Null if nothing is known. */
  fault: string | null;
  /** The middle of the call, in ms since the epoch, and the duration of the call. */
  at: number;
  tookMs: number;
}

/** A finding for an engine that does not answer. `needed`: this machine has, or may have, a worker. */
export function engineAway(why: string, needed: boolean): Finding {
  if (needed) return finding("engine", "problem", why, engineFix(why));
  const text = `only a machine with a worker needs an engine: ${why}`;
  return finding("engine", "note", text, `To run a worker here: ${engineFix(why)}`);
}

function engineFix(why: string): string {
  if (why.includes("permission denied"))
    return "Add this user to the group docker (sudo usermod -aG docker $USER), then log in again";
  return "Install or start Docker, or set the address of another engine with --docker-host or DOCKER_HOST";
}

export function engineFindings({ host, version, info, fault, at, tookMs }: EngineAnswers): Finding[] {
  const number = textField(version, "Version") || textField(info, "ServerVersion");
  const api = textField(version, "ApiVersion");
  if (number === "" || api === "") {
    return [
      finding(
        "engine",
        "problem",
        `the server at ${host} is not a container engine`,
        "Check --docker-host or DOCKER_HOST",
      ),
    ];
  }
  const cgroups = textField(info, "CgroupVersion");
  const words = `version ${number}, API ${api}${cgroups === "" ? "" : `, cgroups ${cgroups}`} at ${host}`;
  const findings = [
    isOlder(api, oldestApi)
      ? finding("engine", "warning", `${words}; the oldest tested API is ${oldestApi}`, "Install a newer engine")
      : fine("engine", words),
    ...faultFindings(fault),
    ...limitFindings(info),
  ];
  const time = Date.parse(textField(info, "SystemTime"));
  if (Number.isFinite(time)) findings.push(clockFinding("engine clock", "the engine's clock", time - at, tookMs / 2));
  if (field(info, "LiveRestoreEnabled") === false) {
    findings.push(
      finding(
        "live restore",
        "note",
        "containers stop when the engine is restarted or upgraded; then their restart policies apply",
        'Set "live-restore": true in /etc/docker/daemon.json, then reload the engine',
      ),
    );
  }
  return findings;
}

/** The sentence of the engine's fault ends with what to do. */
function faultFindings(fault: string | null): Finding[] {
  if (fault === null) return [];
  const [what = "", ...next] = fault.split(/\. (?=[A-Z])/);
  return [finding("engine network", "problem", what, next.join(". ") || "Restart the engine")];
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
        `the kernel does not support limits for ${what}: ${flag} of podling run has no effect on this machine`,
        what === "memory"
          ? "Boot with cgroup_enable=memory swapaccount=1 (on a Raspberry Pi in /boot/firmware/cmdline.txt)"
          : "Use a kernel with CONFIG_CFS_BANDWIDTH",
      ),
    );
  if (findings.length > 0) return findings;
  if (field(info, "MemoryLimit") === undefined)
    return [
      finding("limits", "note", "the engine does not report whether it can limit memory and cpu", "See docker info"),
    ];
  return [fine("limits", "memory and cpu limits work")];
}

/** `uncertainMs`: the largest error of the measurement. */
export function clockFinding(check: string, whose: string, offMs: number, uncertainMs: number): Finding {
  const off = Math.max(0, Math.abs(offMs) - uncertainMs);
  const words = `${whose} is ${seconds(Math.abs(offMs))} ${offMs < 0 ? "behind" : "ahead of"} this machine's`;
  if (off < clockWarningMs)
    return fine(check, off === 0 ? `${whose} is correct within the precision of this check` : words);
  return finding(
    check,
    off < clockProblemMs ? "warning" : "problem",
    `${words}: times of tasks and logs will be misleading`,
    "Synchronise the clocks of all machines: timedatectl set-ntp true",
  );
}

function seconds(ms: number): string {
  return ms < 100_000 ? `${Math.round(ms / 100) / 10} s` : `${Math.round(ms / 60_000)} min`;
}

/** `fix`: what to do if the disk is full. */
export function diskFinding(
  check: string,
  path: string,
  space: Omit<DiskSpace, "device"> | null,
  fix: string,
): Finding {
  if (space === null)
    return finding(check, "note", `the disk of ${path} cannot be checked by this user`, "Check it with df, as root");
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
