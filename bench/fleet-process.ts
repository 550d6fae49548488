// A process of simulated workers (fleet-child.ts): starts it, sends it commands, and waits for its events.

import { resolve } from "node:path";
import type { MasterProcess } from "../tools/lab/cluster.ts";
import { addressOf } from "./bench.ts";

/** For the slowest event: ten thousand workers that come back after the master was killed. */
const EVENT_WAIT_MS = 300_000;

export interface Stats {
  latencies: number[];
  /** How many requests failed, by message. */
  failures: Record<string, number>;
  openStreams: number;
}

export class FleetProcess {
  readonly #process;
  #text = "";
  readonly #waiting = new Map<string, (said: Stats) => void>();

  constructor(master: MasterProcess, index: number, workers: number, streams: number) {
    const { host, port } = addressOf(master);
    const numbers = [port, index * workers, workers, Math.floor(streams)].map(String);
    const script = resolve(import.meta.dir, "fleet-child.ts");
    this.#process = Bun.spawn([process.execPath, script, host, ...numbers], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
    });
    void this.#read();
  }

  command(text: string): void {
    this.#process.stdin.write(`${text}\n`);
    this.#process.stdin.flush();
  }

  /** Resolves with the next event of this name. */
  event(name: string): Promise<Stats> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`no ${name} in ${EVENT_WAIT_MS / 1000} s`)), EVENT_WAIT_MS);
      this.#waiting.set(name, (said) => {
        clearTimeout(late);
        resolve(said);
      });
    });
  }

  stats(): Promise<Stats> {
    const answer = this.event("stats");
    this.command("stats");
    return answer;
  }

  end(): void {
    this.#process.kill("SIGKILL");
  }

  async #read(): Promise<void> {
    for await (const chunk of this.#process.stdout) {
      const lines = (this.#text + new TextDecoder().decode(chunk)).split("\n");
      this.#text = lines.pop()!;
      for (const line of lines) {
        const said = JSON.parse(line) as Stats & { event: string };
        this.#waiting.get(said.event)?.(said);
      }
    }
  }
}
