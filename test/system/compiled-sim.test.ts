// The executable contains the simulation: a seed gives the same run as from the source, and many seeds run in processes of
// the executable.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { podling } from "../cli/harness.ts";

const root = join(import.meta.dir, "../..");
/** Compiling and a few runs take seconds on a quiet machine. */
const patienceMs = 300_000;
let folder: string;
let program: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "podling-compiled-"));
  program = join(folder, "podling");
  // As scripts/build does, but not into bin/, where a master may run from.
  const script = `. scripts/build-flags && "$0" build "\${BUILD_FLAGS[@]}" --bytecode src/main.ts --outfile "$1"`;
  const built = Bun.spawnSync(["bash", "-c", script, process.execPath, program], { cwd: root });
  expect(built.exitCode === 0 ? "" : built.stderr.toString()).toBe("");
}, patienceMs);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(...words: string[]): { code: number; out: string; err: string } {
  const ran = Bun.spawnSync([program, ...words], { cwd: folder });
  return { code: ran.exitCode, out: ran.stdout.toString(), err: ran.stderr.toString() };
}

test(
  "a seed is the same run as from the source",
  async () => {
    const words = ["sim", "--seed", "7", "--hours", "0.01"];
    const { code, out, err } = run(...words);
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining("node-hours/s") });
    expect(out).toBe((await podling(words)).out);
  },
  patienceMs,
);

test(
  "many seeds over processes of its own",
  () => {
    const { code, out } = run("sim", "--seeds", "4", "--jobs", "2", "--hours", "0.005", "--nodes", "2");
    expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/^seeds {9}4; [\s\S]*verdict {7}ok\n$/) });
  },
  patienceMs,
);
