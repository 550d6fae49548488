// Help, unknown commands, the settings of master and worker, and docs/CLI.md, which is made from the command table.

import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { type Command, isGroup } from "../../src/cli/command/command.ts";
import { cliDocument } from "../../src/cli/command/document.ts";
import { flagsOf } from "../../src/cli/command/parse.ts";
import { commandTable } from "../../src/cli/commands/index.ts";
import { podling, settings } from "./harness.ts";

const all: Command[] = (await commandTable.loadAll()).flatMap((command) =>
  isGroup(command) ? command.commands : [command],
);

test("no word, however mistyped, is answered with a command that changes something", async () => {
  const changing = new Set([...commandTable.names].filter((name) => !commandTable.harmless.includes(name)));
  const letters = "abcdefghijklmnopqrstuvwxyz";
  for (const name of commandTable.names) {
    for (let at = 0; at <= name.length; at++) {
      for (const typed of [
        name.slice(0, at) + name.slice(at + 1),
        name.slice(0, at) + letters[(at * 7) % 26] + name.slice(at),
        name.slice(0, at) + letters[(at * 11) % 26] + name.slice(at + 1),
      ]) {
        if (typed === "" || commandTable.names.includes(typed)) continue;
        const { err } = await podling(typed);
        const proposed = /Did you mean podling (\w+)/.exec(err)?.[1];
        if (proposed !== undefined) expect(changing.has(proposed)).toBe(false);
      }
    }
  }
});

describe("help", () => {
  test("is the result without a command, with --help and of podling help", async () => {
    const asked = await podling("--help");
    expect({ code: asked.code, err: asked.err }).toEqual({ code: 0, err: "" });
    for (const line of ["", "help", "-h", "-v", "--master http://m:1"])
      expect([line, await podling(line)]).toEqual([line, asked]);
    for (const name of commandTable.names) expect(asked.out).toContain(`\n  ${name} `);
  });

  test.each(["node", "systemd", "context"])("of the group %s, too", async (group) => {
    const asked = await podling(`${group} --help`);
    expect(asked).toEqual({ code: 0, out: expect.stringContaining(`Usage: podling ${group} COMMAND`), err: "" });
    for (const line of [group, `help ${group}`]) expect(await podling(line)).toEqual(asked);
  });

  test("every command is in exactly one section", () => {
    expect(commandTable.sections.flatMap(([, names]) => names).sort()).toEqual([...commandTable.names].sort());
  });

  test.each(all.map((command) => [command.name, command] as const))("%s --help", async (name, command) => {
    const { code, out, err } = await podling(`${name} --help`);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect((await podling(`help ${name}`)).out).toBe(out);
    for (const { long } of command.flags) expect(out).toContain(`--${long}`);
    for (const line of out.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  test.each(all.map((command) => [command.name, command] as const))(
    "%s has no flag twice, and examples that parse",
    (_, command) => {
      const flags = flagsOf(command);
      expect(new Set(flags.map(({ long }) => long)).size).toBe(flags.length);
      const shorts = flags.flatMap(({ short }) => (short === undefined ? [] : [short]));
      expect(new Set(shorts).size).toBe(shorts.length);
      expect(command.examples.length).toBeGreaterThan(0);
    },
  );

  test.each([
    ["rnu", 'error: podling has no command "rnu". See podling help.\n'],
    ["logz", 'error: podling has no command "logz". Did you mean podling logs?\n'],
    ["constructor", 'error: podling has no command "constructor". See podling help.\n'],
    ["rollout web", 'error: podling has no command "rollout". Use podling service update'],
    ["restar web", 'error: podling has no command "restar". See podling help.\n'],
    ["node list", 'error: podling node has no command "list". Use podling nodes.\n'],
    ["node inspct n1", 'error: podling node has no command "inspct". Did you mean podling node inspect?\n'],
    ["systemd instal master", 'error: podling systemd has no command "instal". See podling help systemd.\n'],
    ["get", 'error: podling has no command "get". Use podling ps for tasks'],
    ["frobnicate", 'error: podling has no command "frobnicate". See podling help.\n'],
    ["help rnu", 'error: there is no command "rnu". Did you mean podling help run?\n'],
    ["help node crodon", 'error: node has no command "crodon". See podling help node.\n'],
    ["--frob ps", "error: podling has no flag --frob"],
    ["--frob", "error: podling has no flag --frob"],
    ["node --frob", "error: node has no flag --frob"],
    ["-- ps", "error: unexpected -- before the command. Usage: podling COMMAND [flags]\n"],
    ["node -- ls", "error: unexpected -- before the command. Usage: podling node COMMAND [flags]\n"],
  ])("podling %s", async (line, err) => {
    const ran = await podling(line);
    expect({ code: ran.code, out: ran.out }).toEqual({ code: 64, out: "" });
    expect(ran.err).toStartWith(err);
  });
});

describe("roles", () => {
  test("master: defaults, and every flag", async () => {
    await podling("master");
    expect(settings.master).toEqual({
      host: "127.0.0.1",
      port: 8080,
      dataDir: "/home/user/.local/share/podling/master",
      journal: "sqlite",
      strategy: "round-robin",
      token: null,
      insecure: false,
      allowedHosts: [],
      allowedOrigins: [],
      retentionCount: undefined,
      retentionAgeMs: undefined,
      history: { ms: 7 * 86_400_000, bytes: 512 * 2 ** 20 },
      massLossFraction: 0.5,
      keyFile: null,
    });
    await podling(
      "master --host 0.0.0.0 --port 0 --data-dir d --journal memory --strategy spread --insecure --allowed-host a --allowed-host b --allowed-origin http://LOCALHOST:3000/ --allowed-origin https://page.example:443 --retention-count 5 --retention-age 24h --history-age 30d --history-size 2g --mass-loss-threshold .75",
      { env: { PODLING_TOKEN: "secret" } },
    );
    expect(settings.master).toEqual({
      host: "0.0.0.0",
      port: 0,
      dataDir: "d",
      journal: "memory",
      strategy: "spread",
      token: "secret",
      insecure: true,
      allowedHosts: ["a", "b"],
      allowedOrigins: ["http://localhost:3000", "https://page.example"],
      retentionCount: 5,
      retentionAgeMs: 86_400_000,
      history: { ms: 30 * 86_400_000, bytes: 2 * 2 ** 30 },
      massLossFraction: 0.75,
      keyFile: null,
    });
  });

  test.each([
    ["off", 1],
    ["1", 1],
    ["1.0", 1],
    ["0.5", 0.5],
    [".9", 0.9],
  ])("master --mass-loss-threshold %s", async (text, massLossFraction) => {
    await podling(`master --mass-loss-threshold ${text}`);
    expect(settings.master).toMatchObject({ massLossFraction });
  });

  test("master --history-age off --history-size off", async () => {
    await podling("master --history-age off --history-size off");
    expect(settings.master).toMatchObject({ history: { ms: Infinity, bytes: Infinity } });
  });

  test.each(["0", "0.0", "1.1", "50%", "half", "-1", "1e-1"])(
    "master --mass-loss-threshold %s is refused",
    async (text) => {
      const { code, err } = await podling(["master", `--mass-loss-threshold=${text}`]);
      expect(code).toBe(64);
      expect(err).toStartWith(
        "error: --mass-loss-threshold: expected a share of the nodes above 0 and up to 1, such as 0.5",
      );
      expect(err).toContain(`got "${text}"`);
    },
  );

  test.each(["*", "localhost:3000", "http://a/b", "ftp://a", ""])(
    "master --allowed-origin %s is refused",
    async (text) => {
      const { code, err } = await podling(["master", `--allowed-origin=${text}`]);
      expect({ code, err: err.slice(0, 43) }).toEqual({ code: 64, err: "error: --allowed-origin: expected an origin" });
    },
  );

  test("worker: the spellings of the first edition", async () => {
    await podling("worker -node-id worker-1 -hostname=localhost -port 9 -master-url http://m:1");
    expect(settings.worker).toMatchObject({
      ...{ masterUrl: "http://m:1", hostname: "localhost", port: 9 },
      dataDir: "/home/user/.local/share/podling/worker/worker-1",
    });
    await podling("worker --node-id worker-1 --data-dir d");
    expect(settings.worker).toMatchObject({ dataDir: "d" });
    for (const line of [
      "worker --node-id ../x",
      "worker -heartbeat-interval 30s",
      "worker --hostname=",
      "worker --address a/b",
    ])
      expect((await podling(line)).code).toBe(64);
  });

  test("worker: every flag", async () => {
    await podling(
      "worker --master http://m:1 --port 9 --host 0.0.0.0 --hostname h --address 10.0.0.9 --publish-address 10.0.0.8 --capacity 3 --label k=v -l x --data-dir d --docker-host unix:///s --drain-on-exit --token t --insecure --cpus 500m --memory 2g --ended-count 5 --ended-age off --disk-high 90 --disk-low 80 --allow-bind /srv/ --allow-bind /data --allow-device",
    );
    expect(settings.worker).toEqual({
      masterUrl: "http://m:1",
      host: "0.0.0.0",
      port: 9,
      hostname: "h",
      address: "10.0.0.9",
      publishAddress: "10.0.0.8",
      capacity: 3,
      labels: { k: "v", x: "" },
      dataDir: "d",
      dockerHost: "unix:///s",
      secretsDir: null,
      drainOnExit: true,
      token: "t",
      insecure: true,
      cpus: 0.5,
      memory: 2 * 1024 ** 3,
      retention: { count: 5, ageMs: Number.POSITIVE_INFINITY },
      watermarks: { highPercent: 90, lowPercent: 80 },
      policy: { binds: ["/srv", "/data"], privileged: false, hostNetwork: false, devices: true },
    });
    await podling("worker", { env: { XDG_DATA_HOME: "/x", DOCKER_HOST: "unix:///e" } });
    expect(settings.worker).toMatchObject({ dataDir: "/x/podling/worker", dockerHost: "unix:///e", cpus: null });
  });

  test("worker: without a flag everything is allowed, and the first one forbids the rest", async () => {
    await podling("worker");
    expect(settings.worker?.policy).toBeNull();
    const nothing = { binds: [], privileged: false, hostNetwork: false, devices: false };
    await podling("worker --restrict");
    expect(settings.worker?.policy).toEqual(nothing);
    await podling("up --allow-host-network --allow-privileged");
    expect(settings.up?.worker.policy).toEqual({ ...nothing, hostNetwork: true, privileged: true });
  });

  test("worker: defaults of the automatic clean-up, and how to switch it off", async () => {
    const defaults = { retention: { count: 50, ageMs: 86_400_000 }, watermarks: { highPercent: 85, lowPercent: 75 } };
    await podling("worker");
    expect(settings.worker).toMatchObject(defaults);
    await podling("worker --ended-count off --ended-age 1h --disk-high off");
    expect(settings.worker).toMatchObject({
      retention: { count: Number.POSITIVE_INFINITY, ageMs: 3_600_000 },
      watermarks: null,
    });
    await podling("up --disk-high 60");
    expect(settings.up!.worker.watermarks).toEqual({ highPercent: 60, lowPercent: 59 });
  });

  test("up: settings of both, each with its port and folder", async () => {
    await podling("up --port 9000 --worker-port 9001 --data-dir d/ --strategy binpack --label k=v", {
      env: { PODLING_MASTER_URL: "http://elsewhere:1" },
    });
    expect(settings.up!.master).toMatchObject({ port: 9000, dataDir: "d/master", strategy: "binpack" });
    expect(settings.up!.worker).toMatchObject({
      masterUrl: "http://127.0.0.1:9000",
      port: 9001,
      dataDir: "d/worker",
      labels: { k: "v" },
    });
  });

  test.each([
    ["master --strategy spred", '--strategy: expected round-robin, spread, binpack; got "spred". Did you mean spread?'],
    ["master --port 99999", '--port: expected a whole number from 0 to 65535; got "99999"'],
    ["worker --capacity 0", '--capacity: expected a whole number from 1 to 10000; got "0"'],
    ["worker --memory much", '--memory: expected memory such as 512m or 2g; got "much"'],
    ["worker --disk-low 90", "--disk-low: expected less than --disk-high, which is 85; got 90"],
    ["worker --disk-high full", '--disk-high: expected a whole number from 1 to 100; got "full"'],
    ["worker --ended-count some", "--ended-count: expected a whole number"],
    ["worker --allow-bind srv", "--allow-bind srv: expected an absolute path"],
    ["worker --allow-bind /srv --docker-host tcp://10.0.0.1:2375", "--allow-bind: the engine at tcp://10.0.0.1:2375"],
    ["worker --label =v", "--label =v: the key is missing"],
    [
      "master --history-size 512",
      '--history-size: expected a size of at least 1m, such as 512m or 2g, or off; got "512"',
    ],
    [
      "up --history-size lots",
      '--history-size: expected a size of at least 1m, such as 512m or 2g, or off; got "lots"',
    ],
    ["master --history-age week", '--history-age: expected a duration such as 30s, 5m or 24h; got "week"'],
    ["up --retention-age old", "--retention-age: expected a duration"],
  ])("podling %s", async (line, says) => {
    const { code, err } = await podling(line);
    expect(code).toBe(64);
    expect(err).toStartWith(`error: ${says}`);
  });
});

test("docs/CLI.md is current (PODLING_UPDATE_DOCS=1 writes it)", async () => {
  const path = `${import.meta.dir}/../../docs/CLI.md`;
  const text = await cliDocument(commandTable);
  if (process.env.PODLING_UPDATE_DOCS === "1") writeFileSync(path, text);
  expect(readFileSync(path, "utf8")).toBe(text);
});
