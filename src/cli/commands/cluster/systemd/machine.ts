// Carries out the steps on this machine, or within a root folder of another one.

import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Failure } from "../../../command/failure.ts";
import { asShell, type Step } from "./steps.ts";

export class Machine {
  /** "/" for this machine. */
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  get isBooted(): boolean {
    return this.#root === "/" && existsSync("/run/systemd/system");
  }

  has(path: string): boolean {
    return existsSync(this.#at(path));
  }

  /** Null if there is no such file. */
  text(path: string): string | null {
    return this.has(path) ? readFileSync(this.#at(path), "utf8") : null;
  }

  hasGroup(name: string): boolean {
    return this.#lists("/etc/group", name);
  }

  /** Throws a Failure that names the step. */
  async perform(step: Step): Promise<void> {
    try {
      await this.#perform(step);
    } catch (error) {
      throw new Failure(`${asShell(step)}: ${(error as Error).message}`, "Fix that, then repeat the command");
    }
  }

  async #perform(step: Step): Promise<void> {
    if (step.kind === "user") {
      if (this.#lists("/etc/passwd", step.name)) return;
      const words = asShell(step).split(" ").slice(1);
      await run(["useradd", ...(this.#root === "/" ? [] : ["--root", this.#root]), ...words]);
    } else if (step.kind === "systemctl") {
      await run(["systemctl", ...(this.#root === "/" ? [] : [`--root=${this.#root}`]), "--quiet", ...step.words]);
    } else if (step.kind === "folder") {
      mkdirSync(this.#at(step.path), { recursive: true, mode: step.mode });
      chmodSync(this.#at(step.path), step.mode);
    } else if (step.kind === "remove") {
      rmSync(this.#at(step.path), { recursive: true, force: true });
    } else {
      this.#write(step.path, step.mode, step.text);
    }
  }

  /** Under another name first: a reader never sees a part of it, nor reads it before its mode is set. */
  #write(path: string, mode: number, text: string): void {
    const file = this.#at(path);
    const part = join(dirname(file), ".podling.new");
    mkdirSync(dirname(file), { recursive: true });
    rmSync(part, { force: true });
    writeFileSync(part, text, { mode, flag: "wx" });
    chmodSync(part, mode);
    chownSync(part, 0, 0);
    renameSync(part, file);
  }

  #lists(file: string, name: string): boolean {
    return (this.text(file) ?? "").split("\n").some((line) => line.startsWith(`${name}:`));
  }

  #at(path: string): string {
    return join(this.#root, path);
  }
}

async function run(words: readonly string[]): Promise<void> {
  const program = Bun.which(words[0]!, { PATH: `${process.env.PATH ?? ""}:/usr/sbin:/sbin` });
  if (program === null) throw new Error(`${words[0]} is not on this machine`);
  const child = Bun.spawn([program, ...words.slice(1)], { stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  const [said, code] = await Promise.all([new Response(child.stderr).text(), child.exited]);
  if (code !== 0) throw new Error(said.trim().split("\n")[0] || `it ended with code ${code}`);
}
