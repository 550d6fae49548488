// make demo: a master and two workers on this machine's Docker engine, a web server and a short job, with the commands that a
// user would type and their output. It removes everything that it made, also after a failure or Ctrl-C, and changes no other
// container. It imports nothing from src.

import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Subprocess } from "bun";
import { DEMO_IMAGE, ensureImage } from "./demo-image.ts";
import { engineFetch, findEngine } from "./ping-engine.ts";

const MAIN = resolve(import.meta.dir, "../src/main.ts");
const DEFAULT_ENGINE = "unix:///var/run/docker.sock";
const READY_WAIT_MS = 20_000;
const END_WAIT_MS = 15_000;
/** Longer than a removal takes. After that, a container of the image belongs to another user, and is kept. */
const IMAGE_WAIT_MS = 3_000;
const POLL_MS = 50;
/** The width of explanations and commands. */
const COLUMNS = Math.min(process.stdout.columns || 80, 80);
const WORKERS = ["n1", "n2"];
/** As a user would type it. */
const IMAGE = DEMO_IMAGE.replace(/:latest$/, "");
/** Three lines with pauses, so that ps and logs have something to show. */
const JOB = "for i in 1 2 3; do echo counting $i; sleep 0.3; done; echo done counting";

class DemoError extends Error {}

const bold = (text: string) => (process.stdout.isTTY ? `\x1b[1m${text}\x1b[0m` : text);
const dim = (text: string) => (process.stdout.isTTY ? `\x1b[2m${text}\x1b[0m` : text);
const print = (text: string) => process.stdout.write(`${text}\n`);

/** A line that explains the commands after it. */
const tell = (text: string) => {
  const lines = filled(text.split(" "), COLUMNS - "# ".length).map((line) => bold(`# ${line}`));
  print(`\n${lines.join("\n")}`);
};

/** The words in lines of at most this width. */
function filled(words: string[], width: number): string[] {
  const lines = [words[0]!];
  for (const word of words.slice(1)) {
    if (lines.at(-1)!.length + 1 + word.length <= width) lines[lines.length - 1] += ` ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Quoted as a shell needs it. A script that does not fit a line of the terminal gets line ends after its commands. */
function shellWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  const quoted = `'${word.replaceAll("'", `'\\''`)}'`;
  if (quoted.length + 3 < COLUMNS) return quoted;
  return filled(quoted.split(/(?<=;) /), COLUMNS - 5).join("\n    ");
}

/** A command as it is typed: continued on further lines where a terminal ends. */
function commandLine(words: string[]): string {
  const quoted = words.map(shellWord);
  const lines = ["$"];
  for (const word of quoted) {
    const fits = lines.at(-1)!.length + word.length + " \\".length < COLUMNS;
    if (fits) lines[lines.length - 1] += ` ${word}`;
    else lines.push(`   ${word}`);
  }
  return lines.join(" \\\n");
}

function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}

class Demo {
  readonly #folder = mkdtempSync(join(tmpdir(), "podling-demo-"));
  readonly #engine: string;
  readonly #masterUrl: string;
  readonly #masterPort = freePort();
  readonly #background: { name: string; child: Subprocess }[] = [];
  #nodeIds: string[] = [];
  #builtImage = false;
  #removal: Promise<void> | null = null;

  constructor(engine: string) {
    this.#engine = engine;
    this.#masterUrl = `http://127.0.0.1:${this.#masterPort}`;
  }

  async show(): Promise<void> {
    print("A small Podling cluster on this machine, with real containers on its Docker engine.");
    print(dim(`(podling is "bun src/main.ts" here; make build makes bin/podling. Everything is removed at the end.)`));
    this.#builtImage = await ensureImage(this.#engine, DEMO_IMAGE);
    await this.#startCluster();
    const page = await this.#runContainers();
    await this.#lookAround(page);
    tell("Stop the web server. Finished tasks stay, for their logs, until podling prune removes them.");
    await this.#podling(["stop", "web"]);
    await this.#podling(["ps", "-a"]);
    await this.#podling(["prune", "-y"]);
  }

  async #startCluster(): Promise<void> {
    tell("The master decides and remembers (SQLite, in a temporary folder); two workers run containers for it.");
    print(`$ cd ${this.#folder}`);
    this.#start("master", ["master", "--port", String(this.#masterPort), "--data-dir", "master"]);
    await this.#until("the master to answer", async () => (await fetch(`${this.#masterUrl}/health`)).ok);
    for (const name of WORKERS) {
      const flags = ["--master", this.#masterUrl, "--hostname", name, "--port", String(freePort()), "--data-dir", name];
      if (this.#engine !== DEFAULT_ENGINE) flags.push("--docker-host", this.#engine);
      this.#start(name, ["worker", ...flags]);
    }
    await this.#until("both workers to join", async () => {
      const answer = await fetch(`${this.#masterUrl}/api/v1/nodes`);
      const nodes = (await answer.json()) as { nodeId: string; status: string }[];
      this.#nodeIds = nodes.map((node) => node.nodeId);
      return nodes.filter((node) => node.status === "online").length === WORKERS.length;
    });
    print(`$ export PODLING_MASTER_URL=${this.#masterUrl}`);
    await this.#podling(["nodes"]);
  }

  async #runContainers(): Promise<string> {
    const port = freePort();
    tell("Run a web server: you say what, the master says where.");
    const server = ["httpd", "-f", "-p", "80", "-h", "/www"];
    await this.#podling(["run", "web", "--image", IMAGE, "-p", `${port}:80`, "--stop-timeout", "1", "--", ...server]);
    tell("And a short job: --follow shows its output, and ends with its exit code.");
    await this.#podling(["run", "count", "--image", IMAGE, "--follow", "--", "sh", "-c", JOB]);
    return `http://127.0.0.1:${port}/`;
  }

  async #lookAround(page: string): Promise<void> {
    tell("Why is web where it is?");
    await this.#podling(["explain", "web"]);
    tell("What runs, and what ran?");
    await this.#podling(["ps", "-a"]);
    tell("What did the job print?");
    await this.#podling(["logs", "count"]);
    tell("The page, from the container, over its published port:");
    print(`$ curl ${page}`);
    let body = "";
    await this.#until("the page to be served", async () => {
      const answer = await fetch(page);
      body = await answer.text();
      return answer.ok;
    });
    print(body.trimEnd());
    if (!body.includes("Podling")) throw new DemoError(`${page} does not show the page of the demo's image`);
  }

  /** Starts a command that keeps running. Its output goes to a file, which is shown only after a failure. */
  #start(name: string, args: string[]): void {
    print(`${commandLine(["podling", ...args])} &`);
    // If this process is killed, the kernel sends SIGTERM to its children.
    const withUs = Bun.which("setpriv") === null ? [] : ["setpriv", "--pdeathsig", "TERM"];
    const log = openSync(join(this.#folder, `${name}.log`), "a");
    try {
      const child = Bun.spawn([...withUs, process.execPath, MAIN, ...args], {
        cwd: this.#folder,
        stdin: "ignore",
        stdout: log,
        stderr: log,
        // A session of its own, so that on Ctrl-C the demo ends its processes in order.
        detached: true,
      });
      this.#background.push({ name, child });
    } finally {
      closeSync(log);
    }
  }

  /** Runs a command to its end, with its own output as it is. */
  async #podling(args: string[]): Promise<void> {
    print(commandLine(["podling", ...args]));
    const child = Bun.spawn([process.execPath, MAIN, ...args], {
      cwd: this.#folder,
      stdin: "ignore",
      stdout: "inherit",
      stderr: "inherit",
      env: { ...process.env, PODLING_MASTER_URL: this.#masterUrl },
    });
    const code = await child.exited;
    if (this.#removal !== null) await new Promise(() => {}); // Interrupted: the removal ends the process.
    if (code !== 0) throw new DemoError(`podling ${args[0]} ended with exit code ${code}`);
  }

  async #until(what: string, probe: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + READY_WAIT_MS;
    while (!(await probe().catch(() => false))) {
      for (const { name, child } of this.#background) {
        if (child.exitCode !== null)
          throw new DemoError(`the process of ${name} ended with exit code ${child.exitCode}`);
      }
      if (performance.now() > deadline) throw new DemoError(`waited ${READY_WAIT_MS / 1000} s for ${what}`);
      await Bun.sleep(POLL_MS);
    }
  }

  /** The output of the background processes, for a failure. */
  logs(): string {
    return this.#background
      .map(({ name }) => `--- ${name}\n${readFileSync(join(this.#folder, `${name}.log`), "utf8").slice(-3_000)}`)
      .join("\n");
  }

  /** Ends the processes and removes containers, image and folder. A second call does nothing. */
  remove(): Promise<void> {
    this.#removal ??= this.#remove();
    return this.#removal;
  }

  async #remove(): Promise<void> {
    // Workers end first, so that their last reports reach the master.
    for (const { child } of this.#background.reverse()) {
      child.kill("SIGTERM");
      await Promise.race([child.exited, Bun.sleep(END_WAIT_MS)]);
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    }
    for (const nodeId of this.#nodeIds) await this.#removeContainers(`podling.node=${nodeId}`);
    if (this.#builtImage) await this.#removeImage();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Waits until the engine has removed the containers that are being removed. */
  async #removeImage(): Promise<void> {
    const deadline = performance.now() + IMAGE_WAIT_MS;
    while (performance.now() < deadline) {
      const answer = await engineFetch(this.#engine, `/images/${DEMO_IMAGE}`, { method: "DELETE" });
      if (answer.ok || answer.status === 404) return;
      await Bun.sleep(POLL_MS);
    }
  }

  async #removeContainers(label: string): Promise<void> {
    const filters = encodeURIComponent(JSON.stringify({ label: [label] }));
    const answer = await engineFetch(this.#engine, `/containers/json?all=1&filters=${filters}`);
    const found = (await answer.json()) as { Id: string }[];
    await Promise.all(
      found.map(({ Id }) => engineFetch(this.#engine, `/containers/${Id}?force=1&v=1`, { method: "DELETE" })),
    );
  }
}

async function main(): Promise<number> {
  const engine = await findEngine();
  if ("problem" in engine) {
    process.stderr.write(`The demo needs a Docker engine, and ${engine.problem}. Try: scripts/setup engine\n`);
    return 1;
  }
  const demo = new Demo(engine.host);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      print("\nInterrupted: removing what the demo made.");
      void demo.remove().finally(() => process.exit(130));
    });
  }
  try {
    await demo.show();
  } catch (error) {
    process.stderr.write(
      `\nThe demo failed: ${error instanceof Error ? error.message : String(error)}\n${demo.logs()}\n`,
    );
    await demo.remove();
    return 1;
  }
  await demo.remove();
  tell("All of it is removed: containers, processes, files. Next: make run, and the tour in README.md.");
  return 0;
}

process.exit(await main());
