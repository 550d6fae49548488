// Io on the real system: files, terminal, signals and network of this process.

import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  write,
  writeFileSync,
  writeSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import { availableParallelism, hostname, networkInterfaces } from "node:os";
import { dirname } from "node:path";
import type { Version } from "../../api/operations/operations.ts";
import { declaredUser } from "../../api/origin.ts";
import { type Clock, systemClock } from "../../lib/clock.ts";
import { userNameOf } from "../../lib/user-name.ts";
import { OutputFailure } from "./failure.ts";
import { BrokenPipeError, type Io, type Output, type TextFile } from "./io.ts";
import { spawnSelf } from "./spawn-self.ts";

export function systemIo(version: Version): Io {
  return {
    stdout: descriptorOutput(1),
    stderr: descriptorOutput(2),
    stdinIsTty: isTerminal(0),
    readLine: async () => readLine(),
    readFile: (path) => readFile(path, "utf8"),
    readBytes: (path) => (path === null ? Bun.stdin.bytes() : readFile(path)),
    othersMayRead,
    writePrivateFile,
    createFile,
    spawn: (words) => spawnSelf(words),
    cores: availableParallelism(),
    env: process.env,
    cwd: () => process.cwd(),
    isRoot: process.getuid?.() === 0,
    ownAddresses: () => [
      ...Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address)),
      hostname(),
    ],
    user: declaredUser(userName(), hostname()),
    clock: foregroundClock,
    onInterrupt(handler) {
      process.on("SIGINT", handler);
      process.on("SIGTERM", handler);
      return () => {
        process.off("SIGINT", handler);
        process.off("SIGTERM", handler);
      };
    },
    fetch: (url, init) => {
      exemptLoopback();
      // Watches and waits can be idle for long; the default limit of five minutes would cut them.
      return fetch(url, { ...init, timeout: false } as RequestInit);
    },
    version,
  };
}

/** Without USER (cron, systemd) the platform does not look the name up. In containers, a user id often has no name. */
function userName(): string {
  const { USER, LOGNAME } = process.env;
  return USER || LOGNAME || userNameOf(process.getuid?.() ?? -1, () => readFileSync("/etc/passwd", "utf8"));
}

/** Unlike the timers of systemClock, these keep the process alive, so that a waiting command does not end. */
const foregroundClock: Clock = {
  ...systemClock,
  timer(delayMs, fire) {
    const handle = setTimeout(fire, Math.min(Math.max(0, delayMs), 2_147_483_647));
    return () => clearTimeout(handle);
  },
};

/** Requests to a master on this machine must not go through an HTTP proxy. */
function exemptLoopback(): void {
  const { env } = process;
  if (!env.http_proxy && !env.HTTP_PROXY && !env.https_proxy && !env.HTTPS_PROXY) return;
  env.NO_PROXY = ["127.0.0.1", "localhost", "::1", env.NO_PROXY || env.no_proxy].filter(Boolean).join(",");
}

function isTerminal(descriptor: 0 | 1 | 2): boolean {
  // The module with isatty loads streams, which takes longer than many commands: only a terminal is such a device.
  return isCharacterDevice(descriptor) && process.getBuiltinModule("node:tty").isatty(descriptor);
}

/** Also true for /dev/null. False for a descriptor that is closed. */
function isCharacterDevice(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isCharacterDevice();
  } catch {
    return false;
  }
}

/** Writes to the descriptor without a buffering stream: in order, nothing lost at exit, at the speed of the reader. */
function descriptorOutput(descriptor: 1 | 2): Output {
  let last: Promise<void> = Promise.resolve();
  return {
    isTty: isTerminal(descriptor),
    columns: () => (descriptor === 1 ? process.stdout : process.stderr).columns || 80,
    rows: () => (descriptor === 1 ? process.stdout : process.stderr).rows || 24,
    write(data) {
      const bytes = typeof data === "string" ? Buffer.from(data) : data;
      last = last.then(
        () => writeAll(descriptor, bytes),
        () => writeAll(descriptor, bytes),
      );
      return last;
    },
  };
}

/**
 * True for a file of this user that everybody may read: only its owner can change that, and a group is chosen on purpose. Pipes
 * and terminals, as in `--token-file <(pass podling)`, are no files that stay on the disk.
 */
function othersMayRead(path: string): boolean {
  if (process.platform === "win32") return false;
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true && (found.mode & 0o004) !== 0 && found.uid === process.getuid?.();
}

function writePrivateFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // A link stays a link: the file that it names is replaced.
  const file = existsSync(path) ? realpathSync(path) : path;
  const written = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(written, text, { mode: 0o600 });
    renameSync(written, file);
  } catch (error) {
    rmSync(written, { force: true });
    throw error;
  }
}

function createFile(path: string): TextFile {
  const descriptor = openSync(path, "w");
  return {
    write(text) {
      const bytes = Buffer.from(text);
      for (let offset = 0; offset < bytes.length; ) offset += writeSync(descriptor, bytes, offset);
    },
    close: () => closeSync(descriptor),
  };
}

/** Pause before the next attempt when a non-blocking pipe is full (EAGAIN). */
const fullPipeMs = 5;

async function writeAll(descriptor: number, bytes: Uint8Array): Promise<void> {
  for (let offset = 0; offset < bytes.length; ) {
    const { error, written } = await writeSome(descriptor, bytes, offset);
    offset += written;
    if (error === "EPIPE") throw new BrokenPipeError();
    if (error === "EAGAIN") await new Promise((resolve) => setTimeout(resolve, fullPipeMs));
    else if (error !== null)
      throw new OutputFailure(`cannot write to ${descriptor === 1 ? "stdout" : "stderr"}: ${meaning(error)}`);
  }
}

/** What the system says of an output that takes no more. */
function meaning(code: string): string {
  if (code === "ENOSPC" || code === "EDQUOT") return "no space left";
  return code === "EIO" ? "the disk or terminal reports an error" : code;
}

function writeSome(
  descriptor: number,
  bytes: Uint8Array,
  offset: number,
): Promise<{ error: string | null; written: number }> {
  return new Promise((resolve) => {
    write(descriptor, bytes, offset, bytes.length - offset, null, (error, written) => {
      resolve({ error: error ? (error.code ?? error.message) : null, written: error ? 0 : written });
    });
  });
}

/** Reads byte by byte, so that input after the line is left for other programs. */
function readLine(): string | null {
  const bytes: number[] = [];
  const one = new Uint8Array(1);
  for (;;) {
    let count: number;
    try {
      count = readSync(0, one, 0, 1, null);
    } catch {
      return null;
    }
    if (count === 0) return bytes.length === 0 ? null : Buffer.from(bytes).toString();
    if (one[0] === 0x0a) return Buffer.from(bytes).toString().replace(/\r$/, "");
    bytes.push(one[0]!);
  }
}
