// Follows the symbolic links of a path on this machine.

import { realpath } from "node:fs/promises";

/** Null if nothing is there. Rejects if it cannot be read. */
export async function realPath(path: string): Promise<string | null> {
  try {
    return await realpath(path);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw error;
  }
}
