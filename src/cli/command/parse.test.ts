// Parsing of command lines: one row for each form.

import { describe, expect, test } from "bun:test";
import type { Command } from "./command.ts";
import { UsageError } from "./failure.ts";
import { parseLine, splitCommand } from "./parse.ts";

const command: Command = {
  name: "go",
  summary: "",
  usage: "NAME [flags]",
  arguments: { name: "NAME", min: 1, max: 1 },
  takesContainerCommand: true,
  flags: [
    { long: "publish", short: "p", value: "PORT", description: "a port", repeatable: true },
    { long: "env", short: "e", value: "K=V", description: "environment", repeatable: true },
    { long: "volume", short: "v", value: "MOUNT", description: "a mount", repeatable: true },
    { long: "tail", short: "n", value: "LINES", description: "lines" },
    { long: "cpus", value: "N", description: "cores", default: "1" },
    { long: "pull", value: "WHEN", description: "when", choices: ["missing", "always"] },
    { long: "detach", short: "d", description: "do not wait" },
    { long: "quiet", short: "q", description: "less" },
  ],
  outputs: ["table", "json"],
  refused: { "-t": "there is no terminal" },
  examples: [],
  run: async () => 0,
};

function read(line: string) {
  const { flags, words, containerCommand } = parseLine(
    command,
    line.split(" ").filter((word) => word !== ""),
  );
  return { flags, words, containerCommand };
}

function refusal(line: string): string {
  try {
    read(line);
  } catch (error) {
    if (error instanceof UsageError) return `${error.message} | ${error.hint}`;
    throw error;
  }
  return "accepted";
}

describe("flags", () => {
  const rows: [line: string, long: string, values: string[]][] = [
    ["web -p 80 -p 8080:80", "publish", ["80", "8080:80"]],
    ["web -p8080:80", "publish", ["8080:80"]],
    ["web -p=8080:80", "publish", ["8080:80"]],
    ["web --publish 80", "publish", ["80"]],
    ["web --publish=80", "publish", ["80"]],
    ["-p 80 web", "publish", ["80"]],
    ["web -e K=V -e A=b=c", "env", ["K=V", "A=b=c"]],
    ["web -eK=V", "env", ["K=V"]],
    ["web --env=K=V", "env", ["K=V"]],
    ["web -v a:/b:ro", "volume", ["a:/b:ro"]],
    ["web -n20", "tail", ["20"]],
    ["web -n 20 -n 30", "tail", ["30"]],
    ["web -dqn5", "tail", ["5"]],
    ["web -n -1", "tail", ["-1"]],
    ["web --tail=-1", "tail", ["-1"]],
    ["web --tail=", "tail", [""]],
    ["web --pull always", "pull", ["always"]],
  ];
  test.each(rows)("%s", (line, long, values) => {
    expect(read(line).flags.texts(long)).toEqual(values);
    expect(read(line).words).toEqual(["web"]);
  });

  test("switches combine, and --switch=false turns one off", () => {
    expect(read("web -dq").flags.has("detach")).toBe(true);
    expect(read("web -qd").flags.has("quiet")).toBe(true);
    expect(read("web").flags.has("detach")).toBe(false);
    expect(read("web -d --detach=false").flags.has("detach")).toBe(false);
    expect(read("web -d -d=false").flags.has("detach")).toBe(false);
    expect(read("web -qd=true").flags.has("detach")).toBe(true);
  });

  test("a default is a value, but does not count as given", () => {
    expect(read("web").flags.text("cpus")).toBe("1");
    expect(read("web").flags.given("cpus")).toBe(false);
  });

  test("global flags may stand anywhere", () => {
    expect(read("-o json web").flags.text("output")).toBe("json");
    expect(read("web --master http://m:1").flags.text("master")).toBe("http://m:1");
    expect(read("web --verbose").flags.has("verbose")).toBe(true);
  });

  test("everything after -- is the container command", () => {
    expect(read("web -d -- sh -c -p --help").containerCommand).toEqual(["sh", "-c", "-p", "--help"]);
    expect(read("web --").containerCommand).toEqual([]);
    expect(read("web").containerCommand).toBeNull();
  });

  test("--help works without the required words", () => {
    expect(read("--help").flags.has("help")).toBe(true);
    expect(read("-h a b c").flags.has("help")).toBe(true);
  });
});

describe("usage errors", () => {
  test("an empty word is most likely a variable of the shell, and . and .. would change the path of the request", () => {
    const one = (word: string) => () => parseLine(command, ["--", word]);
    const plain: Command = { ...command, takesContainerCommand: false };
    expect(() => parseLine(plain, [""])).toThrow("go: an empty word is given for NAME");
    for (const word of [".", ".."]) expect(() => parseLine(plain, [word])).toThrow(`go: ${word} is no NAME`);
    expect(one("")).toThrow("NAME is missing");
  });

  const rows: [line: string, says: string][] = [
    ["", "go: NAME is missing | Usage: podling go NAME [flags]"],
    ["web two", 'unexpected "two": the command of the container comes after -- | Write: podling go web -- two'],
    ["web --publsh 80", "go has no flag --publsh | Did you mean --publish? See podling help go."],
    ["web --nothing-like-it", "go has no flag --nothing-like-it | See podling help go."],
    ["web -x", "go has no flag -x | See podling help go."],
    ["web -detach", "go has no flag -detach | Did you mean --detach?"],
    ["web -dx", "go has no flag -x (in -dx) | See podling help go."],
    ["web -t", "go has no -t: there is no terminal | "],
    ["web -p", "-p needs a value | Write --publish PORT: a port."],
    ["web --publish --detach", "--publish needs a value, but --detach follows | Write --publish PORT: a port."],
    ["web -p -- sh", "-p needs a value, but -- follows | Write --publish PORT: a port."],
    ["web --pull alway", '--pull: expected missing, always; got "alway" | Did you mean always?'],
    ["web --detach=maybe", '--detach is a switch and takes no value; got "maybe" | Write --detach.'],
    ["web -o wide", 'go has no output format "wide" | Its formats are table, json.'],
    ["web -o yaml", '--output: expected table, wide, json, name; got "yaml" | '],
  ];
  test.each(rows)("%s", (line, says) => {
    expect(refusal(line)).toStartWith(says);
  });
});

describe("the command", () => {
  const rows: [line: string, word: string | undefined, rest: string[]][] = [
    ["ps -a", "ps", ["-a"]],
    ["--master http://m:1 ps -a", "ps", ["--master", "http://m:1", "-a"]],
    ["--master=http://m:1 ps", "ps", ["--master=http://m:1"]],
    ["-o json ps", "ps", ["-o", "json"]],
    ["-v run web -v a:/b", "run", ["--verbose", "web", "-v", "a:/b"]],
    ["--help", undefined, ["--help"]],
    ["", undefined, []],
    ["-- ps", undefined, ["--", "ps"]],
  ];
  test.each(rows)("%s", (line, word, rest) => {
    const argv = line.split(" ").filter((one) => one !== "");
    const split = splitCommand(argv, "podling");
    expect(split.word).toBe(word as string);
    if (word !== undefined) expect(split.rest).toEqual(rest);
  });

  test("an empty token is refused, not taken for none", () => {
    for (const words of [["--token="], ["--token", ""]])
      expect(() => parseLine(command, ["web", ...words])).toThrow("--token: the value is empty");
  });

  test("with one dash, long flags only of a command that takes them", () => {
    const oneDash = { ...command, oneDash: true };
    const parsed = parseLine(oneDash, ["-publish", "80", "-publish=81", "-d", "-p", "82", "web"]);
    expect(parsed.flags.texts("publish")).toEqual(["80", "81", "82"]);
    expect(parsed.flags.has("detach")).toBe(true);
    expect(() => parseLine(command, ["-publish", "80", "web"])).toThrow("has no flag -publish");
  });

  test("errors in numbers and durations name the flag", () => {
    expect(() => read("web -n x").flags.integer("tail", 0, 10)).toThrow("--tail: expected a whole number from 0 to 10");
    expect(() => read("web -n 11").flags.integer("tail", 0, 10)).toThrow('got "11"');
    expect(() => read("web -n x").flags.durationMs("tail")).toThrow("--tail: expected a duration");
    expect(read("web -n 1h30m").flags.durationMs("tail")).toBe(5_400_000);
  });
});
