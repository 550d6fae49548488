// Flags that stand before their command: the corrected line is proposed.

import { expect, test } from "bun:test";
import { commandTable } from "../commands/index.ts";
import { UsageError } from "./failure.ts";
import { misplacedFlag } from "./misplaced-flag.ts";
import { splitCommand, UnknownFlagError } from "./parse.ts";

async function hint(argv: string[]): Promise<string | undefined> {
  try {
    splitCommand(argv, "podling");
  } catch (error) {
    if (error instanceof UnknownFlagError) return (await misplacedFlag(argv, error, commandTable))?.hint;
    if (!(error instanceof UsageError)) throw error;
  }
  return undefined;
}

test.each([
  ["--image x run a", "run a --image x"],
  ["--image=x run a -d", "run a -d --image=x"],
  ["-p80 run a --image x -- sh -c ls", "run a --image x -p80 -- sh -c ls"],
  ["--master http://m:1 -d run a --image x", "--master http://m:1 run a --image x -d"],
  ["--force node rm n1", "node rm n1 --force"],
  ["-a ps", "ps -a"],
  ["--token s3cret -a ps", "--token TOKEN ps -a"],
  ["--token=s3cret -a ps", "--token=TOKEN ps -a"],
])("podling %s", async (line, right) => {
  expect(await hint(line.split(" "))).toBe(`Write: podling ${right}`);
});

test("a word with spaces stays one word", async () => {
  expect(await hint(["-e", "A=it's b", "run", "a"])).toEndWith(`podling run a -e 'A=it'\\''s b'`);
});

test.each(["--frobnicate ps", "--image x", "--image x -- run a"])(
  "podling %s: no command has this flag",
  async (line) => {
    expect(await hint(line.split(" "))).toBeUndefined();
  },
);
