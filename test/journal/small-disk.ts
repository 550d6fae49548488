// A disk of a few hundred KiB, to fill and to make read-only: a tmpfs, mounted in a folder of the test's own. One that a
// killed run has left behind is unmounted by the next.

import { mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

const prefix = "podling-small-disk-";

export interface SmallDisk {
  readonly path: string;
  /** Takes every free byte. */
  fill(): void;
  free(): void;
  setReadOnly(readOnly: boolean): void;
  remove(): void;
}

/** Why there can be no small disk here, or null. A continuous-integration run may not do without. */
export function noSmallDisk(): string | null {
  if (process.platform === "linux" && process.getuid?.() === 0) return null;
  if (process.env.CI === "true")
    throw new Error("CI must run the full-disk tests, and they mount a tmpfs: run as root");
  return "mounting a small disk needs root on Linux";
}

export function mountSmallDisk(kib: number): SmallDisk {
  unmountStale();
  const path = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
  run("mount", "-t", "tmpfs", "-o", `size=${kib}k`, "tmpfs", path);
  const ballast = join(path, "ballast");
  return {
    path,
    fill() {
      writeFileSync(ballast, "");
      for (const size of [65_536, 4096]) {
        try {
          for (;;) writeFileSync(ballast, new Uint8Array(size), { flag: "a" });
        } catch (error) {
          if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
        }
      }
    },
    free: () => rmSync(ballast),
    setReadOnly: (readOnly) => run("mount", "-o", `remount,${readOnly ? "ro" : "rw"}`, path),
    remove() {
      run("umount", path);
      rmdirSync(path);
    },
  };
}

function unmountStale(): void {
  for (const line of readFileSync("/proc/mounts", "utf8").split("\n")) {
    const path = line.split(" ")[1] ?? "";
    if (!basename(path).startsWith(prefix)) continue;
    const owner = Number(basename(path).slice(prefix.length).split("-")[0]);
    if (isAlive(owner)) continue;
    run("umount", path);
    rmdirSync(path);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function run(...command: string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(command);
  if (exitCode !== 0) throw new Error(`${command.join(" ")}: ${stderr}`);
}
