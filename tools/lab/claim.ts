// A numbered folder that one test process owns: its files, the pid files of the processes that it started, and by its number
// the network names and addresses of its lab. It makes and finds such folders; reaper.ts removes them.

import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Each lab has its own N, because it uses 10.99.N.0/24. */
const SLOTS = 250;
/** A folder younger than this may not have its owner file yet. */
const CLAIM_GRACE_MS = 60_000;

export const LABS_FOLDER = join(tmpdir(), `podling-lab-${process.getuid?.() ?? 0}`);

export type Claim = { slot: number; folder: string };

/**
 * When a process started, in the kernel's clock ticks: pid and start together identify one process, also when pids are
 * reused. Empty when the process has ended, also as a zombie, and on other systems than Linux.
 */
export function startTicks(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? "" : (fields[19] ?? "");
  } catch {
    return "";
  }
}

/** "pid ticks" of a process, as pid files and owner files hold it. */
export function identify(pid: number): string {
  return `${pid} ${startTicks(pid)}`;
}

/** The pid in such a file, if that process still runs. */
export function readLive(path: string): number | null {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return null;
  }
  const [pid, ticks] = text.trim().split(" ");
  const number = Number(pid);
  if (!Number.isInteger(number) || number <= 1 || !ticks) return null;
  return startTicks(number) === ticks ? number : null;
}

export function claim(): Claim {
  mkdirSync(LABS_FOLDER, { recursive: true });
  for (let slot = 1; slot <= SLOTS; slot += 1) {
    const folder = join(LABS_FOLDER, String(slot));
    if (existsSync(folder)) continue;
    try {
      mkdirSync(folder);
    } catch {
      continue;
    }
    writeFileSync(join(folder, "owner"), identify(process.pid));
    mkdirSync(join(folder, "pids"));
    return { slot, folder };
  }
  throw new Error(
    `all ${SLOTS} lab folders in ${LABS_FOLDER} are taken; scripts/lab down removes those without an owner`,
  );
}

export function isOwned(folder: string): boolean {
  if (readLive(join(folder, "owner")) !== null) return true;
  if (existsSync(join(folder, "owner"))) return false;
  try {
    return Date.now() - statSync(folder).mtimeMs < CLAIM_GRACE_MS;
  } catch {
    return false;
  }
}

export function allClaims(): Claim[] {
  if (!existsSync(LABS_FOLDER)) return [];
  return readdirSync(LABS_FOLDER)
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ slot: Number(name), folder: join(LABS_FOLDER, name) }));
}
