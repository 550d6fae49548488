// Starts another process of this program: the executable itself, or the same runtime with main.ts from the source.

import type { Child } from "./io.ts";

/** Characters of stderr to keep: enough for its last error line. */
const keptOfStderr = 2000;

/** `main`: the file that was started. Tests pass main.ts, because they are started differently. */
export function spawnSelf(words: readonly string[], main = Bun.main): Child {
  // A compiled executable has a virtual file system, and takes its arguments without a script path.
  const compiled = main.startsWith("/$bunfs/");
  const command = compiled ? [process.execPath, ...words] : [process.execPath, main, ...words];
  const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "pipe", env: process.env });
  const said = endOf(child.stderr);
  return {
    lines: linesOf(child.stdout),
    ended: child.exited.then(async () => {
      const how = child.signalCode ? `was ended by ${child.signalCode}` : `ended with code ${child.exitCode}`;
      const last = (await said).trim().split("\n").at(-1);
      return last ? `${how}: ${last}` : how;
    }),
    kill: () => child.kill(),
  };
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of stream) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}

async function endOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let end = "";
  for await (const bytes of stream) end = (end + decoder.decode(bytes, { stream: true })).slice(-keptOfStderr);
  return end;
}
