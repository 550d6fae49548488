// The files of volumes on lab hosts: makes a set that is hard to copy, and lists what a volume has, with owners, modes, links
// and checksums. Test support.

import {
  type BigIntStats,
  closeSync,
  existsSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
} from "node:fs";
import { join } from "node:path";
import type { LabHost } from "../../tools/lab/lab.ts";

const mebibyte = 1024 ** 2;
/** The last name in the order in which an engine reads a folder. */
export const lastName = "zz-last";

export type Sizes = {
  /** MiB of a file with random bytes. */
  large: number;
  /** MiB of a file that is a hole but for its end. */
  sparse: number;
};

/** A shell script that makes the files in /d. */
export const makeFiles = ({ large, sparse }: Sizes): string =>
  [
    "set -e; cd /d",
    "echo plain >plain; ln plain hard-link; ln -s plain link; ln -s /nowhere/at-all dangling; mkfifo fifo",
    "mkdir 'a folder with spaces' empty; echo 1 >'a folder with spaces/and a name'; printf 2 >'new\nline'; echo 3 >'-rf * $(x) ü'",
    "mkdir -p deep/a/b/c/d/e/f; printf '' >deep/a/b/c/d/e/f/empty-file; chmod 1777 deep; chmod 2750 empty; chown 70:71 empty",
    "chmod 0600 plain; chown 999:998 plain; echo tool >tool; chmod 4755 tool; chown -h 5:6 link; touch -t 200102030405.06 tool",
    "long=$(printf '%0200d' 7); echo long >$long; mkdir -p $long.d/$long; echo deeper >$long.d/$long/$long",
    `dd if=/dev/urandom of=large bs=1M count=${large} 2>/dev/null`,
    `echo x | dd of=sparse bs=1M seek=${sparse} 2>/dev/null`,
    `echo end >${lastName}; chown 70:70 .; chmod 0750 .`,
  ].join("\n");

/** Where the engine of the host has the files. */
export function volumeFolder(host: LabHost, volume: string): string {
  return join(host.engine.folder, "data", "volumes", volume, "_data");
}

export function hasVolume(host: LabHost, volume: string): boolean {
  return existsSync(volumeFolder(host, volume));
}

/** The size of one file of a volume; null if it is not there. */
export function sizeOf(host: LabHost, volume: string, name: string): number | null {
  return lstatSync(join(volumeFolder(host, volume), name), { throwIfNoEntry: false })?.size ?? null;
}

/** A line for each file, by path. The same lines: the same files. */
export function filesOf(host: LabHost, volume: string): string[] {
  const root = volumeFolder(host, volume);
  const firstPaths = new Map<bigint, string>();
  const describe = (path: string): string => {
    const full = join(root, path);
    const stats = lstatSync(full, { bigint: true });
    const { mode, uid, gid, ino, mtimeMs } = stats;
    const same = firstPaths.get(ino);
    if (!stats.isDirectory() && same === undefined) firstPaths.set(ino, path);
    // An engine keeps whole seconds, and folders get the time of their unpacking on some.
    const time = stats.isFile() ? mtimeMs / 1000n : "-";
    const what = same === undefined ? contentOf(full, stats) : `same as ${same}`;
    return `${JSON.stringify(path)} ${mode.toString(8)} ${uid}:${gid} ${time} ${what}`;
  };
  const paths = readdirSync(root, { recursive: true }) as string[];
  return [".", ...paths.sort()].map(describe);
}

function contentOf(path: string, stats: BigIntStats): string {
  if (stats.isSymbolicLink()) return `-> ${readlinkSync(path)}`;
  if (!stats.isFile()) return "-";
  return `${stats.size} ${checksumOf(path)}`;
}

function checksumOf(path: string): string {
  const hash = new Bun.CryptoHasher("sha256");
  const piece = new Uint8Array(4 * mebibyte);
  const file = openSync(path, "r");
  try {
    for (let read = readSync(file, piece); read > 0; read = readSync(file, piece)) hash.update(piece.subarray(0, read));
  } finally {
    closeSync(file);
  }
  return hash.digest("hex");
}
