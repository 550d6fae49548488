// Finds the process that listens on a port, its open files and its engine, in Linux's /proc. Only processes of the same
// user are visible, or all for root; what is not visible is null.

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { dirname } from "node:path";

export interface LocalProcess {
  pid: string;
  /** The folder of an open file with this name. Null if it has none open. */
  folderOf(name: string): string | null;
  /** --docker-host or DOCKER_HOST of the process. Null if it has neither. */
  dockerHost: string | null;
}

/** `proc`: the folder of the system's processes; tests have their own. */
export function listenerOf(port: number, proc = "/proc"): LocalProcess | null {
  const sockets = new Set(
    ["tcp", "tcp6"]
      .flatMap((table) => listening(textOf(`${proc}/net/${table}`), port))
      .map((inode) => `socket:[${inode}]`),
  );
  if (sockets.size === 0) return null;
  for (const pid of namesIn(proc)) {
    if (!/^\d+$/.test(pid)) continue;
    const files = namesIn(`${proc}/${pid}/fd`).map((one) => linkOf(`${proc}/${pid}/fd/${one}`));
    if (!files.some((file) => sockets.has(file))) continue;
    return {
      pid,
      folderOf: (name) => {
        const found = files.find((file) => file.endsWith(`/${name}`));
        return found === undefined ? null : dirname(found);
      },
      dockerHost: engineOf(textOf(`${proc}/${pid}/cmdline`), textOf(`${proc}/${pid}/environ`)),
    };
  }
  return null;
}

/** The inodes of sockets that listen on the port: state 0A, and the port in hexadecimal after the local address. */
function listening(table: string, port: number): string[] {
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return table.split("\n").flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    return fields[3] === "0A" && fields[1]?.endsWith(local) && fields[9] ? [fields[9]] : [];
  });
}

function engineOf(commandLine: string, environment: string): string | null {
  const words = commandLine.split("\0");
  const at = words.findIndex((word) => word === "--docker-host" || word.startsWith("--docker-host="));
  const flag = at < 0 ? undefined : words[at]!.split("=").slice(1).join("=") || words[at + 1];
  const variable = environment.split("\0").find((one) => one.startsWith("DOCKER_HOST="));
  return flag || variable?.slice("DOCKER_HOST=".length) || null;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
