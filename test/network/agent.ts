// A process in a network namespace that does what a test asks for: it serves its name on TCP and UDP, and opens connections.
// Commands and answers are lines of JSON. Test support.

import { join } from "node:path";

export interface Answer {
  /** Which agent answered. */
  name: string;
  /** The address that it saw. */
  from: string;
}

export type Result = Answer | "refused" | "timeout" | "unreachable" | "closed";

export class Agent {
  readonly title: string;
  readonly #child: Bun.Subprocess<"pipe", "pipe", "inherit">;
  readonly #waiting: ((value: unknown) => void)[] = [];

  private constructor(title: string, child: Bun.Subprocess<"pipe", "pipe", "inherit">) {
    this.title = title;
    this.#child = child;
    void this.#read();
  }

  static async start(prefix: string[], title: string): Promise<Agent> {
    const command = [...prefix, process.execPath, join(import.meta.dir, "agent-child.ts"), title];
    const child = Bun.spawn(command, { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
    const agent = new Agent(title, child);
    await agent.#ask({ op: "hello" });
    return agent;
  }

  async #read(): Promise<void> {
    let rest = "";
    const decoder = new TextDecoder();
    for await (const chunk of this.#child.stdout) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#waiting.shift()?.(JSON.parse(line));
    }
  }

  #ask<T>(command: object): Promise<T> {
    const answer = new Promise<T>((resolve) => this.#waiting.push(resolve as (value: unknown) => void));
    this.#child.stdin.write(`${JSON.stringify(command)}\n`);
    this.#child.stdin.flush();
    return answer;
  }

  serve(port: number): Promise<void> {
    return this.#ask({ op: "serve", port });
  }

  /** Opens a connection, asks for the name, and closes it. */
  async call(host: string, port = 8000): Promise<Result> {
    return (await this.calls(host, 1, port))[0]!;
  }

  /** The same several times, one after the other. */
  calls(host: string, times: number, port = 8000): Promise<Result[]> {
    return this.#ask({ op: "calls", host, port, times });
  }

  /** One datagram, and the answer to it. */
  datagram(host: string, port = 8000): Promise<Result> {
    return this.#ask({ op: "datagram", host, port });
  }

  /** Opens a connection and keeps it; `ask` asks for the name over it. */
  async open(host: string, port = 8000): Promise<{ answer: Result; ask(): Promise<Result> }> {
    const { id, answer } = await this.#ask<{ id: number; answer: Result }>({ op: "open", host, port });
    return { answer, ask: () => this.#ask({ op: "ask", id }) };
  }

  /** The addresses of a name, as this DNS server says; or the code of its error. */
  resolve(name: string, server: string): Promise<string[] | string> {
    return this.#ask({ op: "resolve", host: name, server });
  }

  async end(): Promise<void> {
    this.#child.kill();
    await this.#child.exited;
  }
}

/** The names that answered, each once, in order; or what else became of the calls. */
export function namesOf(results: readonly Result[]): string[] {
  return [...new Set(results.map((one) => (typeof one === "string" ? one : one.name)))].sort();
}
