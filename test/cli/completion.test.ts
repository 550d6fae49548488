// Completion scripts, run in their shells. If a shell is not installed, the test says so, and only checks the text.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isGroup } from "../../src/cli/command/command.ts";
import { commandTable } from "../../src/cli/commands/index.ts";
import { podling } from "./harness.ts";

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "podling-completion-"));
  for (const shell of ["bash", "zsh", "fish"]) {
    writeFileSync(join(folder, `podling.${shell}`), (await podling(`completion ${shell}`)).out);
  }
  // A stub in place of the executable: completion runs it for the names of tasks and nodes.
  const stub = join(folder, "podling");
  writeFileSync(
    stub,
    '#!/bin/sh\ncase "$*" in *json*) printf \'[\\n  {\\n    "image": "nginx",\\n  },\\n    "image": "redis"\\n]\\n\'; exit ;; esac\ncase "$*" in "job ls --kind schedule -o name") printf "nightly\\n"; exit ;; "job ls -o name") printf "import\\nnightly\\n"; exit ;; "service ls -o name") printf "shop\\n"; exit ;; esac\ncase "$1" in ps) printf "web\\nweb-2\\njob\\n" ;; nodes) printf "n1\\nn2\\n" ;; context) printf "default\\nprod\\n" ;; esac\n',
  );
  chmodSync(stub, 0o755);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The words that bash offers at the end of this line. */
function bashOffers(line: string): string[] {
  const words = line.split(" ").map((word) => `'${word}'`);
  const script = `source "$1/podling.bash"; COMP_WORDS=(${words.join(" ")}); COMP_CWORD=${words.length - 1}; _podling; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const env = { PATH: `${folder}:/usr/bin:/bin`, HOME: folder };
  const ran = Bun.spawnSync(["bash", "--norc", "-c", script, "bash", folder], { env, cwd: folder });
  expect(ran.stderr.toString()).toBe("");
  return ran.stdout
    .toString()
    .split("\n")
    .filter((word) => word !== "");
}

describe("bash", () => {
  test.if(Bun.which("bash") !== null)("offers commands, flags, values, tasks and nodes", () => {
    expect(bashOffers("podling ")).toEqual([...commandTable.names]);
    expect(bashOffers("podling ex")).toEqual(["explain", "export"]);
    expect(bashOffers("podling --ma")).toEqual(["--master"]);
    expect(bashOffers("podling --master http://m:1 no")).toEqual(["nodes", "node"]);
    expect(bashOffers("podling node ")).toEqual([
      "inspect",
      "label",
      "cordon",
      "uncordon",
      "drain",
      "undrain",
      "clean",
      "lost",
      "rm",
    ]);
    expect(bashOffers("podling node cordon ")).toEqual(["n1", "n2"]);
    expect(bashOffers("podling systemd install ")).toEqual(["master", "worker"]);
    expect(bashOffers("podling context use ")).toEqual(["default", "prod"]);
    for (const verb of ["inspect", "logs", "update", "suspend", "resume", "rm"])
      expect(bashOffers(`podling job ${verb} `)).toEqual(["import", "nightly"]);
    expect(bashOffers("podling job trigger ")).toEqual(["nightly"]);
    expect(bashOffers("podling job ls --schedule ")).toEqual(["nightly"]);
    for (const verb of ["inspect", "ps", "logs", "update", "rollback", "endpoints", "rm"])
      expect(bashOffers(`podling service ${verb} `)).toEqual(["shop"]);
    expect(bashOffers("podling ps --context p")).toEqual(["prod"]);
    expect(bashOffers("podling logs ")).toEqual(["web", "web-2", "job"]);
    expect(bashOffers("podling logs -f w")).toEqual(["web", "web-2"]);
    expect(bashOffers("podling logs --f")).toEqual(["--follow"]);
    expect(bashOffers("podling run x --pull ")).toEqual(["missing", "always", "never"]);
    expect(bashOffers("podling run x --image ")).toEqual(["nginx", "redis"]);
    expect(bashOffers("podling run x --restart ")).toEqual(["never", "on-failure", "always"]);
    expect(bashOffers("podling ps --filter ")).toEqual(["status=", "node=", "name=", "label="]);
    expect(bashOffers("podling ps --filter status = ru")).toEqual(["running"]);
    expect(bashOffers("podling ps --filter node =")).toEqual(["n1", "n2"]);
    expect(bashOffers("podling run x --env-file podling.b")).toEqual(["podling.bash"]);
    expect(bashOffers("podling ps -o ")).toEqual(["table", "wide", "json", "name"]);
    expect(bashOffers("podling events -o ")).toEqual(["table", "json"]);
    expect(bashOffers("podling completion ")).toEqual(["bash", "zsh", "fish"]);
    expect(bashOffers("podling help no")).toEqual(["nodes", "node"]);
    expect(bashOffers("podling run x --image y -- l")).toEqual([]);
  });
});

for (const shell of ["bash", "zsh", "fish"]) {
  if (Bun.which(shell) === null) {
    if (process.env.CI === "true") throw new Error(`CI must run the completion of ${shell}: run scripts/setup lab`);
    process.stderr.write(`skipped: ${shell} is not installed, so its script is checked but not run\n`);
  }
}

describe("fish", () => {
  const fishOffers = (line: string): string[] => {
    const env = { PATH: `${folder}:${process.env.PATH}`, HOME: folder };
    const script = `source ${folder}/podling.fish; complete -C '${line}'`;
    const ran = Bun.spawnSync(["fish", "--no-config", "-c", script], { env, cwd: folder });
    expect(ran.stderr.toString()).toBe("");
    const lines = ran.stdout.toString().split("\n");
    return lines.map((offer) => offer.split("\t")[0]!).filter((offer) => offer !== "");
  };

  test.if(Bun.which("fish") !== null)("offers commands, flags, values, tasks and nodes", () => {
    expect(fishOffers("podling ex")).toEqual(["explain", "export"]);
    expect(fishOffers("podling --master http://m:1 no")).toEqual(["node", "nodes"]);
    expect(fishOffers("podling node ")).toEqual([
      "clean",
      "cordon",
      "drain",
      "inspect",
      "label",
      "lost",
      "rm",
      "uncordon",
      "undrain",
    ]);
    expect(fishOffers("podling node cordon ")).toEqual(["n1", "n2"]);
    expect(fishOffers("podling logs -f w")).toEqual(["web", "web-2"]);
    expect(fishOffers("podling context ")).toEqual(["add", "ls", "rm", "use"]);
    expect(fishOffers("podling job rm ")).toEqual(["import", "nightly"]);
    expect(fishOffers("podling job trigger ")).toEqual(["nightly"]);
    expect(fishOffers("podling context use ")).toEqual(["default", "prod"]);
    expect(fishOffers("podling run x --pull ")).toEqual(["always", "missing", "never"]);
  });
});

describe.each(["zsh", "fish"])("%s", (shell) => {
  test.if(Bun.which(shell) !== null)("accepts its script", () => {
    const ran = Bun.spawnSync([shell, "-n", join(folder, `podling.${shell}`)]);
    expect(ran.stderr.toString()).toBe("");
    expect(ran.exitCode).toBe(0);
  });

  test("names every command and every flag", async () => {
    const { out } = await podling(`completion ${shell}`);
    for (const command of await commandTable.loadAll()) {
      for (const one of isGroup(command) ? command.commands : [command]) {
        expect(out).toContain(one.name.split(" ").at(-1)!);
        for (const { long } of one.flags) expect(out).toContain(long);
      }
    }
  });
});

test("an unknown shell is refused", async () => {
  expect(await podling("completion basj")).toEqual({
    code: 64,
    out: "",
    err: 'error: "basj" is not supported. Did you mean bash?\n',
  });
});
