// The settings file and the steps of podling systemd.

import { describe, expect, test } from "bun:test";
import { installSteps, uninstallSteps } from "./plan.ts";
import { joinWords, parseSettings, withSettings } from "./settings.ts";
import { asShell, type Step } from "./steps.ts";

describe("settings", () => {
  test("comments and other lines are skipped, and quotes are removed", () => {
    const text = `# A=1\n; B=2\nPODLING_TOKEN=abc\n  C = no\nD="two words"\nE='x'\nF=\n`;
    expect([...parseSettings(text)]).toEqual([
      ["PODLING_TOKEN", "abc"],
      ["D", "two words"],
      ["E", "x"],
      ["F", ""],
    ]);
  });

  test("a change keeps the other lines, and adds names at the end", () => {
    const changes = new Map([
      ["B", "new"],
      ["C", "added"],
    ]);
    expect(withSettings("# mine\nA=1\nB=2\nOTHER=x\n\n", changes)).toBe("# mine\nA=1\nB=new\nOTHER=x\nC=added\n");
    expect(withSettings("", new Map([["A", "1"]]))).toBe("\nA=1\n".trimStart());
  });

  test.each([
    [["--host", "0.0.0.0"], "--host 0.0.0.0"],
    [["--label", "rack=top floor"], '--label "rack=top floor"'],
    [["--hostname", ""], '--hostname ""'],
    [["--label", "a=$HOME"], null],
    [["--label", "a=50%"], null],
    [["--label", 'a="b"'], null],
    [["--label", "a=b\nPODLING_TOKEN=x"], null],
  ])("%j becomes %j", (words, joined) => {
    expect(joinWords(words)).toBe(joined);
  });
});

const worker = {
  role: "worker",
  program: "/opt/podling",
  flags: "--host 0.0.0.0",
  token: "secret",
  masterUrl: "http://10.0.0.1:8080",
  start: true,
} as const;
const fileText = (steps: Step[], path: string) =>
  steps.flatMap((step) => (step.kind === "file" && step.path === path ? [step.text] : []))[0]!;

describe("steps", () => {
  test("an installation makes the user, the settings and the unit, and starts the service", () => {
    const steps = installSteps(worker, { env: null, isBooted: true });
    expect(steps.map(asShell)).toEqual([
      "useradd --system --user-group --home-dir /var/lib/podling --no-create-home --shell /usr/sbin/nologin podling",
      "install -d -m 700 /etc/podling",
      "install -m 600 /dev/stdin /etc/podling/worker.env",
      "install -m 644 /dev/stdin /etc/systemd/system/podling-worker.service",
      "systemctl daemon-reload",
      "systemctl enable podling-worker",
      "systemctl restart podling-worker",
    ]);
    expect(fileText(steps, "/etc/systemd/system/podling-worker.service")).toContain("ExecStart=/opt/podling worker ");
    expect([...parseSettings(fileText(steps, "/etc/podling/worker.env"))]).toEqual([
      ["PODLING_TOKEN", "secret"],
      ["PODLING_MASTER_URL", "http://10.0.0.1:8080"],
      ["PODLING_WORKER_FLAGS", "--host 0.0.0.0"],
    ]);
  });

  test("what is not given stays as the file has it", () => {
    const env = "# by hand\nPODLING_TOKEN=old\nPODLING_MASTER_URL=http://m:1\nPODLING_WORKER_FLAGS=--label a=b\nX=1\n";
    const asked = { ...worker, flags: null, token: null, masterUrl: null };
    expect(fileText(installSteps(asked, { env, isBooted: true }), "/etc/podling/worker.env")).toBe(env);
  });

  test("where systemd does not run, nothing is started or reloaded", () => {
    const found = { env: null, isBooted: false };
    const words = [...installSteps(worker, found), ...uninstallSteps("worker", false, found)].map(asShell);
    expect(words.filter((line) => line.startsWith("systemctl"))).toEqual([
      "systemctl enable podling-worker",
      "systemctl disable podling-worker",
    ]);
  });

  test("uninstall removes settings and data only with purge", () => {
    const found = { env: null, isBooted: true };
    const removed = (purge: boolean) =>
      uninstallSteps("master", purge, found).flatMap((step) => (step.kind === "remove" ? [step.path] : []));
    const unit = "/etc/systemd/system/podling-master.service";
    expect(removed(false)).toEqual([unit]);
    expect(removed(true)).toEqual([unit, "/etc/podling/master.env", "/var/lib/podling/master", "/var/lib/podling/key"]);
  });
});
