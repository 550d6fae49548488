// podling config with a real master, and --config of run and service. The test acts as the worker.

import { describe, expect, test } from "bun:test";
import type { ConfigContent, ConfigView } from "../../src/model/config/config.ts";
import { knownFeatures } from "../../src/model/task/needs.ts";
import type { Asked } from "./harness.ts";
import { playedCluster, quick, serviceLines } from "./playing-worker.ts";

const { ok, podling } = playedCluster({ features: [...knownFeatures] });
const { inspect } = serviceLines(ok);
const files = { "app.env": "MODE=live\n", "next.env": "MODE=quiet\n" };

describe("podling config", () => {
  test("create from a file and from stdin, inspect, --raw", async () => {
    expect(await ok("config create app.env app.env -l tier=web", { files })).toBe("app.env@1\n");
    expect(await ok("config create typed -", { typed: ["one", "two"] })).toBe("typed@1\n");
    const shown = JSON.parse(await ok("config inspect app.env")) as ConfigContent;
    expect(shown).toMatchObject({ name: "app.env", version: 1, data: "MODE=live\n", labels: { tier: "web" } });
    expect(await ok("config inspect --raw typed")).toBe("one\ntwo");
    expect(JSON.parse(await ok("config inspect app.env typed"))).toHaveLength(2);
  });

  test("update, history, one version, ls", async () => {
    expect(await ok("config update app.env next.env", { files })).toBe("app.env@2\n");
    expect(await ok("config update app.env next.env", { files })).toBe("app.env@2\n");
    const history = (await ok("config history app.env")).split("\n");
    expect(history[0]).toMatch(/^NAME +VERSION +BYTES +BY +AGE +LABELS/);
    expect(history.slice(1, 3)).toEqual([
      expect.stringMatching(/^app\.env +1 +10 +\S+ +\S+ +tier=web/),
      expect.stringMatching(/^app\.env +2 +11 /),
    ]);
    expect(await ok("config inspect --raw app.env@1")).toBe("MODE=live\n");
    expect(await ok("config ls -q")).toBe("app.env\ntyped\n");
    const listed = JSON.parse(await ok("config ls -o json")) as ConfigView[];
    expect(listed.map(({ version }) => version)).toEqual([2, 1]);
    expect(await ok("config ls")).toContain("app.env");
  });

  test("rm, and what is wrong", async () => {
    await ok("config create gone app.env", { files });
    expect(await ok("config rm gone")).toBe("gone\n");
    expect((await podling("config ls", { terminal: 80 })).code).toBe(0);
    const cases: [string, string][] = [
      ["config create app.env app.env", "there is a config app.env already"],
      ["config create other missing.env", "cannot read missing.env: no such file"],
      ["config update other app.env", 'there is no config "other"'],
      ["config inspect app.env@9", "has no version 9"],
      ["config rm other", 'there is no config "other"'],
    ];
    for (const [line, says] of cases) {
      const { code, err } = await podling(line, { files });
      expect({ line, code }).toEqual({ line, code: 1 });
      expect(err).toContain(says);
    }
  });
});

describe("podling secret", () => {
  test("create, update, ls, history, inspect and rm never show a content", async () => {
    const shown: string[] = [];
    const line = async (text: string, asked?: Asked) => {
      const out = await ok(text, asked);
      shown.push(out);
      return out;
    };
    expect(await line("secret create db-password -", { typed: ["canary-one"] })).toBe("db-password@1\n");
    expect(await line("secret update db-password next.env", { files })).toBe("db-password@2\n");
    expect(await line("secret update db-password next.env", { files })).toBe("db-password@2\n");
    expect(JSON.parse(await line("secret inspect db-password@1"))).toMatchObject({ name: "db-password", version: 1 });
    expect(await line("secret ls")).toContain("db-password");
    expect((await line("secret history db-password")).split("\n")).toHaveLength(4);
    await line(`service create s --image app:1 --secret db-password --secret-env PASSWORD=db-password ${quick}`);
    await line("service inspect s");
    await line("service ps s -o json");
    expect((await podling("secret rm db-password")).err).toContain("the service s");
    await line("service rm s");
    await line("secret rm db-password");
    expect(shown.join("")).not.toMatch(/canary-one|MODE=quiet/);
  });
});

test("podling registry login, ls and logout", async () => {
  const line = "registry login registry.example:5000 -u anna --password-stdin";
  expect(await ok(line, { typed: ["canary-two"] })).toBe("registry.example:5000\n");
  const listed = (await ok("registry ls")) + (await ok("registry ls -o json"));
  expect(listed).toMatch(/registry\.example:5000 +anna/);
  expect(listed).not.toContain("canary-two");
  expect((await podling("registry login -u anna")).err).toContain("--password-stdin");
  expect((await podling(line, { typed: [""] })).err).toContain("stdin is empty");
  expect(await ok("registry logout registry.example:5000")).toBe("registry.example:5000\n");
});

describe("--config", () => {
  test("of a service: a new version is a revision, update keeps it, and an empty value takes it away", async () => {
    await ok("config create web.env app.env", { files });
    await ok(`service create web --image app:1 --config web.env:/etc/web.env --config-env MODE=web.env ${quick}`);
    const configs = async () => (await inspect("web")).template.containers[0]!.configs;
    const both = (resolved: number) => [
      { name: "web.env", target: "/etc/web.env", resolved },
      { name: "web.env", env: "MODE", resolved },
    ];
    expect(await configs()).toEqual(both(1));
    await ok("config update web.env next.env", { files });
    expect(await configs()).toEqual(both(2));
    expect(await ok("service history web")).toContain("config web.env version 2");
    await ok("service update web -e A=b");
    expect(await configs()).toEqual(both(2));
    const { err } = await podling("config rm web.env");
    expect(err).toContain("the service web");
    await ok(["service", "update", "web", "--config", ""]);
    expect(await configs()).toBeUndefined();
  });

  test("of a task, and one that is not there", async () => {
    await ok("config create task.env app.env", { files });
    const id = (await ok("run t --image app:1 -d --config task.env,mode=0400,on-change=signal")).trim();
    expect(JSON.parse(await ok(`inspect ${id}`))).toMatchObject({
      configs: [{ name: "task.env", mode: 0o400, onChange: "signal" }],
    });
    const { code, err } = await podling("run u --image app:1 -d --config none.env");
    expect(code).toBe(64);
    expect(err).toContain("there is no config none.env");
    expect(err).toContain("podling config create none.env FILE");
  });
});
