// Copies of the source in temporary folders, each with one mutation, and processes that run seeds in them. All of it is
// gone when the program ends, also by Ctrl-C.

import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Mutant } from "./mutant.ts";
import type { SeedResult } from "./seeds.ts";

const root = resolve(import.meta.dir, "../..");

export interface SeedRange {
  from: number;
  to: number;
  hours: number;
  /** Only these checkers may fail a run; empty: all. */
  only: readonly string[];
  /** Then the process is ended. */
  limitMs: number;
}

export interface RunResult {
  /** The first that counts; null: none. */
  caught: SeedResult | null;
  seedsRun: number;
  seconds: number;
  /** What it said where it ended by itself; null: it ended well. */
  broken: string | null;
}

/** The source with the mutation in it. Throws where it does not fit: then it proves nothing. */
export function mutated({ name, file, find, replace }: Mutant, folder = root): string {
  const source = readFileSync(join(folder, file), "utf8");
  const count = source.split(find).length - 1;
  if (count !== 1)
    throw new Error(`mutant ${name}: ${JSON.stringify(find)} occurs ${count} times in ${file}, not once`);
  return source.replace(find, () => replace);
}

export class Workshop {
  readonly #folder = mkdtempSync(join(tmpdir(), "podling-mutants-"));
  /** The source as it was when this began, whatever is edited meanwhile. */
  readonly #base = join(this.#folder, "base");
  readonly #running = new Set<Bun.Subprocess>();
  #count = 0;

  constructor() {
    for (const path of ["src", "test", "tools", "package.json", "tsconfig.json"])
      cpSync(join(root, path), join(this.#base, path), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(this.#base, "node_modules"));
  }

  /** A folder with the source as it is, or mutated. */
  copy(mutant: Mutant | null): string {
    const folder = join(this.#folder, `${this.#count++}-${mutant?.name ?? "as-it-is"}`);
    cpSync(this.#base, folder, { recursive: true, verbatimSymlinks: true });
    if (mutant) writeFileSync(join(folder, mutant.file), mutated(mutant, this.#base));
    return folder;
  }

  async run(folder: string, { from, to, hours, only, limitMs }: SeedRange): Promise<RunResult> {
    const startedAt = performance.now();
    const child = Bun.spawn(
      [process.execPath, "test/mutants/seeds.ts", String(from), String(to), String(hours), ...only],
      { cwd: folder, stdin: "ignore", stdout: "pipe", stderr: "pipe" },
    );
    this.#running.add(child);
    const limit = setTimeout(() => child.kill("SIGKILL"), limitMs);
    const [out, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
    await child.exited;
    clearTimeout(limit);
    this.#running.delete(child);
    const results = out
      .split("\n")
      .filter((line) => line.endsWith("}"))
      .map((line) => JSON.parse(line) as SeedResult);
    const counts = ({ failure }: SeedResult) => failure && (only.length === 0 || only.includes(failure.checker));
    const ended =
      child.signalCode === "SIGKILL" ? `not done within ${limitMs / 60_000} min` : errors.trim().slice(-500);
    return {
      caught: results.find(counts) ?? null,
      seedsRun: results.length,
      seconds: (performance.now() - startedAt) / 1000,
      broken: child.exitCode === 0 ? null : ended || `exit code ${child.exitCode}`,
    };
  }

  /** Whether these test files fail in the folder; or what was written if no test ran to its end. */
  async testsFail(folder: string, files: readonly string[], limitMs: number): Promise<boolean | { broken: string }> {
    const child = Bun.spawn([process.execPath, "test", ...files], {
      ...{ cwd: folder, stdin: "ignore", stdout: "ignore", stderr: "pipe" },
    });
    this.#running.add(child);
    const limit = setTimeout(() => child.kill("SIGKILL"), limitMs);
    const [errors, code] = await Promise.all([new Response(child.stderr).text(), child.exited]);
    clearTimeout(limit);
    this.#running.delete(child);
    if (code === 0) return false;
    // A file that cannot be loaded fails, too, and proves nothing.
    return /^\(fail\) /m.test(errors) || { broken: errors.trim().slice(-500) };
  }

  remove(folder: string): void {
    rmSync(folder, { recursive: true, force: true });
  }

  /** Ends its own processes, and removes all copies. */
  close(): void {
    for (const child of this.#running) child.kill("SIGKILL");
    this.remove(this.#folder);
  }
}
