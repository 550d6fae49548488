// Ends and removes everything that a lab made: processes, containers, mounts, network and folder, at the end of a test or
// after a crash. It ends a process only if a pid file of the lab, a cgroup of the lab or the lab's folder in the arguments
// shows that it belongs to the lab.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { allClaims, type Claim, identify, isOwned, readLive } from "./claim.ts";
import { removeNetwork } from "./network.ts";
import { until } from "./until.ts";

const END_WAIT_MS = 10_000;

/** The cgroup under which a lab's engines put their containers. */
export function cgroupOf(claim: Claim): string {
  return `podlab${claim.slot}`;
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
}

function pidsInFiles(folder: string): number[] {
  const pids = join(folder, "pids");
  if (!existsSync(pids)) return [];
  return readdirSync(pids).flatMap((name) => readLive(join(pids, name)) ?? []);
}

/** Shims and the engine's containerd: each has a path below the lab's folder among its arguments. */
function pidsWithArgument(folder: string): number[] {
  const found: number[] = [];
  for (const name of existsSync("/proc") ? readdirSync("/proc") : []) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    try {
      const args = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
      const program = args[0] ?? "";
      const ours = /(^|\/)(dockerd|containerd|containerd-shim-runc-v2|docker-registry)$/.test(program);
      if (ours && args.some((arg) => arg.includes(`${folder}/`))) found.push(Number(name));
    } catch {
      // It ended during the scan.
    }
  }
  return found;
}

function cgroupFolders(name: string): string[] {
  const root = "/sys/fs/cgroup";
  if (!existsSync(root)) return [];
  const roots = [root, ...readdirSync(root).map((controller) => join(root, controller))];
  return roots.map((path) => join(path, name)).filter((path) => existsSync(path));
}

/** All folders of a cgroup, innermost first, which is the order in which they can be removed. */
function cgroupTree(folder: string): string[] {
  const inner = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...inner.flatMap((entry) => cgroupTree(join(folder, entry.name))), folder];
}

function pidsInCgroups(name: string): number[] {
  const pids = new Set<number>();
  for (const folder of cgroupFolders(name).flatMap(cgroupTree)) {
    try {
      for (const pid of readFileSync(join(folder, "cgroup.procs"), "utf8").split("\n")) if (pid) pids.add(Number(pid));
    } catch {
      // A container ended, and its folder with it.
    }
  }
  return [...pids];
}

/** A process in a container, or the shim of one. */
export type ContainerProcess = { pid: number; program: string; containerId: string };

export type ContainerProcesses = { inContainers: ContainerProcess[]; shims: ContainerProcess[] };

/** The processes in a lab's containers, with their command lines, and the shims of its containers. */
export function containerProcesses(claim: Claim): ContainerProcesses {
  const inContainers = pidsInCgroups(cgroupOf(claim)).map((pid) => ({
    pid,
    program: commandLine(pid),
    containerId: /\b[0-9a-f]{64}\b/.exec(cgroupsOfProcess(pid))?.[0] ?? "",
  }));
  return { inContainers, shims: shimsBelow(claim.folder) };
}

/** The shims of an engine or of all engines whose data is in this folder. They live on when their engine is killed. */
export function shimsBelow(folder: string): ContainerProcess[] {
  return pidsWithArgument(folder).flatMap((pid) => {
    const program = commandLine(pid);
    if (!program.includes("containerd-shim")) return [];
    return [{ pid, program, containerId: / -id (\S+)/.exec(program)?.[1] ?? "" }];
  });
}

function cgroupsOfProcess(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, "utf8");
  } catch {
    return "";
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
  } catch {
    return "";
  }
}

function removeCgroups(name: string): void {
  for (const folder of cgroupFolders(name).flatMap(cgroupTree)) {
    try {
      rmdirSync(folder);
    } catch {
      // A cgroup that is not empty yet costs nothing, and the next lab of this number removes it.
    }
  }
}

/** Unmounts everything below a folder, innermost first. Lazy, so that a mount that is in use goes when its user ends. */
export function unmountAll(folder: string): void {
  if (!existsSync("/proc/mounts")) return;
  const mounts = readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .map((line) => (line.split(" ")[1] ?? "").replaceAll("\\040", " "))
    .filter((path) => path.startsWith(`${folder}/`))
    .reverse();
  for (let start = 0; start < mounts.length; start += 100) {
    Bun.spawnSync(["umount", "-l", ...mounts.slice(start, start + 100)], { stdout: "ignore", stderr: "ignore" });
  }
}

/** Removes a lab of any process. Engines end first, so that they do not restart what is ended after them. */
export async function tearDown(claim: Claim): Promise<void> {
  const { folder } = claim;
  const owned = () => [
    ...pidsInFiles(folder),
    ...(process.getuid?.() === 0 ? [...pidsWithArgument(folder), ...pidsInCgroups(cgroupOf(claim))] : []),
  ];
  await until(
    `the processes of the lab in ${folder} to end`,
    () => {
      const left = owned();
      for (const pid of left) kill(pid);
      return left.length === 0;
    },
    END_WAIT_MS,
  );
  if (process.getuid?.() === 0) {
    unmountAll(folder);
    removeCgroups(cgroupOf(claim));
    await removeNetwork(claim.slot);
  }
  rmSync(folder, { recursive: true, force: true });
}

/** Locks a folder for its removal. False if its owner runs, or another process removes it. */
function seize(folder: string): boolean {
  if (isOwned(folder)) return false;
  const lock = join(folder, "reaping");
  try {
    mkdirSync(lock);
  } catch {
    if (!existsSync(lock) || readLive(join(lock, "by")) !== null) return false;
  }
  // The folder may have a new owner since the check before the lock.
  if (isOwned(folder)) {
    rmSync(lock, { recursive: true, force: true });
    return false;
  }
  writeFileSync(join(lock, "by"), identify(process.pid));
  return true;
}

/** Removes the labs whose test process is gone; with `force` all labs. Returns the removed folders. */
export async function reapLeftovers(force = false): Promise<string[]> {
  const removed: string[] = [];
  for (const claim of allClaims()) {
    if (!force && !seize(claim.folder)) continue;
    await tearDown(claim);
    removed.push(claim.folder);
  }
  return removed;
}
