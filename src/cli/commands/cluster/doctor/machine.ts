// Reads facts about this machine: disks, ports, firewalls, files. A function that cannot read its fact returns null or
// "unknown"; none throws.

import { constants, existsSync, readFileSync } from "node:fs";
import { access, stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";

export interface DiskSpace {
  freeBytes: number;
  totalBytes: number;
  /** Equal for folders of the same file system. */
  device: number;
}

/** The disk of `path`, or of the nearest existing parent folder. */
export async function diskSpace(path: string): Promise<DiskSpace | null> {
  try {
    const [{ bavail, blocks, bsize }, { dev }] = await Promise.all([statfs(path), stat(path)]);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize, device: dev };
  } catch (error) {
    const above = dirname(path);
    if ((error as { code?: string }).code !== "ENOENT" || above === path) return null;
    return diskSpace(above);
  }
}

export type PortState = "free" | "taken" | "not-allowed" | "unknown";

/** Tries to listen on the port for a moment. */
export async function portState(host: string, port: number): Promise<PortState> {
  const { createServer } = await import("node:net");
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", ({ code }: { code?: string }) => {
      resolve(code === "EADDRINUSE" ? "taken" : code === "EACCES" ? "not-allowed" : "unknown");
    });
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve("free")));
  });
}

/** "bun (process 4711)" */
export function processWords(pid: string): string {
  try {
    return `${readFileSync(`/proc/${pid}/comm`, "utf8").trim()} (process ${pid})`;
  } catch {
    return `process ${pid}`;
  }
}

/** The active firewall, as far as this is visible without root. */
export function firewall(): string | null {
  try {
    if (/^ENABLED=yes/m.test(readFileSync("/etc/ufw/ufw.conf", "utf8"))) return "ufw";
  } catch {
    // Not installed.
  }
  return ["/run/firewalld.pid", "/run/firewalld/pid"].some(existsSync) ? "firewalld" : null;
}

export interface FileFacts {
  exists: boolean;
  isFolder: boolean;
  writable: boolean;
  /** Permission bits. */
  mode: number;
  bytes: number;
}

/** Null if this user may not see the file. */
export async function fileFacts(path: string): Promise<FileFacts | null> {
  try {
    const { mode, size } = await stat(path);
    const isFolder = (mode & constants.S_IFMT) === constants.S_IFDIR;
    const wanted = constants.W_OK | (isFolder ? constants.X_OK : 0);
    const writable = await access(path, wanted).then(
      () => true,
      () => false,
    );
    return { exists: true, isFolder, writable, mode: mode & 0o777, bytes: size };
  } catch (error) {
    if ((error as { code?: string }).code !== "ENOENT") return null;
    return { exists: false, isFolder: false, writable: false, mode: 0, bytes: 0 };
  }
}
