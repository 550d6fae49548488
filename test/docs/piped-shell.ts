// A shell whose output is a pipe. Its commands share a folder, variables and jobs, as those that a person types. Test support.

import { until } from "../../tools/lab/until.ts";

/** The longest command of a tour waits for a rollout. */
const commandMs = 80_000;
const endMs = 5_000;

export interface Printed {
  code: number;
  /** Of stdout. */
  text: string;
  /** Of stderr: errors, and what a command says while it waits. */
  said: string;
}

export class PipedShell {
  readonly #bash: Bun.Subprocess<"pipe", "pipe", "pipe">;
  readonly #out: () => string;
  readonly #err: () => string;
  #commands = 0;

  /** `before`: words that start bash, such as those that enter a network namespace. */
  constructor(before: string[], { env, cwd }: { env: Record<string, string>; cwd: string }) {
    const streams = { stdin: "pipe", stdout: "pipe", stderr: "pipe" } as const;
    this.#bash = Bun.spawn([...before, "bash", "--norc", "--noprofile"], {
      ...{ ...streams, cwd, env: { ...process.env, ...env } },
    });
    this.#out = collected(this.#bash.stdout);
    this.#err = collected(this.#bash.stderr);
  }

  /** `merged`: what goes to stderr is a part of the text, where it came. */
  async type(command: string, merged = false): Promise<Printed> {
    const end = `end-of-command-${++this.#commands}`;
    const from = { out: this.#out().length, err: this.#err().length };
    // A command that reads stdin must not read the next ones.
    this.#bash.stdin.write(
      `{ ${command}\n} </dev/null${merged ? " 2>&1" : ""}\nprintf '${end} %s\\n' $?; printf '${end}\\n' >&2\n`,
    );
    this.#bash.stdin.flush();
    return until(
      `the end of ${command}`,
      () => {
        const [text, code] = this.#out().slice(from.out).split(`${end} `);
        const [said, over] = this.#err().slice(from.err).split(`${end}\n`);
        if (!code?.includes("\n") || over === undefined) return null;
        return { code: Number.parseInt(code, 10), text: text!.trimEnd(), said: said!.trimEnd() };
      },
      commandMs,
    );
  }

  /** Ends what runs in the background, too. */
  async end(): Promise<void> {
    this.#bash.stdin.write("kill $(jobs -p) 2>/dev/null\n");
    await this.#bash.stdin.end();
    // A command that did not end keeps the shell from reading on.
    await until("the shell to end", () => this.#bash.exitCode !== null, endMs).catch(() => this.#bash.kill("SIGKILL"));
  }
}

/** What has come so far, while more comes. */
function collected(stream: ReadableStream<Uint8Array>): () => string {
  const decoder = new TextDecoder();
  let text = "";
  void (async () => {
    for await (const piece of stream) text += decoder.decode(piece, { stream: true });
  })();
  return () => text;
}
