// The folder in which an engine keeps its images: its own data folder, or that of containerd, which new installations of
// Docker 29 use for images. The two may be on different disks.

import { join } from "node:path";

/** What is read of the answer of GET /info. Engines before API 1.46 do not say where their containerd is. */
export interface StoreInfo {
  DockerRootDir?: string;
  DriverStatus?: [name: string, value: string][] | null;
  Containerd?: { Address?: string } | null;
}

/** Reads a file. Rejects if it cannot be read. */
export type ReadText = (path: string) => Promise<string>;

const containerdConfig = "/etc/containerd/config.toml";
const containerdRoot = "/var/lib/containerd";

/** The folders that may hold the images, the most likely first; one that does not exist is not the one. */
export async function imageFolders(info: StoreInfo, read: ReadText): Promise<string[]> {
  const { DockerRootDir: root = "" } = info;
  const own = root === "" ? [] : [root];
  const usesContainerd = (info.DriverStatus ?? []).some(
    ([name, value]) => name === "driver-type" && value.startsWith("io.containerd.snapshotter"),
  );
  if (!usesContainerd) return own;
  // A containerd that the engine has started itself has its socket below the engine's folder for sockets.
  const isOwn = /\/docker\/containerd\//.test(info.Containerd?.Address ?? "");
  if (isOwn) return root === "" ? [] : [join(root, "containerd", "daemon"), root];
  return [(await configuredRoot(read)) ?? containerdRoot, ...own];
}

/** What containerd's configuration says; null if it says nothing. */
async function configuredRoot(read: ReadText): Promise<string | null> {
  try {
    const { root } = Bun.TOML.parse(await read(containerdConfig)) as { root?: unknown };
    return typeof root === "string" && root.startsWith("/") ? root : null;
  } catch {
    return null; // no such file, not readable, or not TOML
  }
}
