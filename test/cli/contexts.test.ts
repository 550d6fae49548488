// Contexts and token files: which master a command calls, with which token, and what is written where.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Asked, podling, settings } from "./harness.ts";

const path = "/home/user/.config/podling/config.json";
const file = (content: object) => ({ [path]: JSON.stringify(content) });
const twoContexts = {
  current: "prod",
  contexts: { prod: { master: "http://prod:1", token: "p" }, lab: { master: "http://lab:2" } },
};

/** The address and the token of the first request of a command. */
async function called(line: string, asked: Asked = {}): Promise<{ url: string; token: string | null; err: string }> {
  let seen = { url: "", token: null as string | null };
  const fetch: Asked["fetch"] = async (url, init) => {
    if (seen.url === "") seen = { url, token: new Headers(init.headers).get("authorization") };
    return Response.json([]);
  };
  const { err } = await podling(line, { files: file(twoContexts), ...asked, fetch });
  return { ...seen, err };
}

describe("the master and the token of a command", () => {
  const token = { token: "x\n" };
  test.each<[line: string, env: Record<string, string>, url: string, token: string | null]>([
    ["nodes", {}, "http://prod:1/api/v1/nodes", "Bearer p"],
    ["nodes --context lab", {}, "http://lab:2/api/v1/nodes", null],
    ["--context lab nodes", {}, "http://lab:2/api/v1/nodes", null],
    ["nodes", { PODLING_CONTEXT: "lab" }, "http://lab:2/api/v1/nodes", null],
    ["nodes --context default", {}, "http://127.0.0.1:8080/api/v1/nodes", null],
    // The token of a context goes to no other master.
    ["nodes --master http://m:3", {}, "http://m:3/api/v1/nodes", null],
    ["nodes", { PODLING_MASTER_URL: "http://m:3" }, "http://m:3/api/v1/nodes", null],
    ["nodes", { PODLING_MASTER_URL: "http://m:3", PODLING_TOKEN: "e" }, "http://m:3/api/v1/nodes", "Bearer e"],
    ["nodes", { PODLING_TOKEN: "e" }, "http://prod:1/api/v1/nodes", "Bearer e"],
    ["nodes", { PODLING_TOKEN_FILE: "token" }, "http://prod:1/api/v1/nodes", "Bearer x"],
    ["nodes --token f", { PODLING_TOKEN: "e" }, "http://prod:1/api/v1/nodes", "Bearer f"],
    ["nodes --token-file token", { PODLING_TOKEN: "e" }, "http://prod:1/api/v1/nodes", "Bearer x"],
    // A context that is named by a flag comes before the environment.
    [
      "nodes --context prod",
      { PODLING_MASTER_URL: "http://m:3", PODLING_TOKEN: "e" },
      "http://prod:1/api/v1/nodes",
      "Bearer p",
    ],
  ])("%s with %p", async (line, env, url, authorization) => {
    const seen = await called(line, { env, files: { ...file(twoContexts), ...token } });
    expect(seen).toEqual({ url, token: authorization, err: "" });
  });

  test("without a file it is the master on this machine", async () => {
    expect(await called("nodes", { files: {} })).toMatchObject({ url: "http://127.0.0.1:8080/api/v1/nodes" });
    expect(await called("nodes", { files: {}, env: { HOME: "" } })).toMatchObject({ token: null, err: "" });
  });

  test.each<[line: string, files: Record<string, string>, code: number, says: string]>([
    ["nodes --context nowhere", file(twoContexts), 1, '--context: there is no context "nowhere"'],
    ["nodes", file({ current: "gone" }), 1, `${path}: there is no context "gone"`],
    ["nodes", { [path]: "{" }, 1, `${path} is not a JSON object`],
    ["nodes", file({ contexts: { prod: {} } }), 1, `${path}: the context prod has no master`],
    ["nodes", file({ contexts: [] }), 1, `${path}: contexts is no object`],
    [
      "nodes",
      file({ current: "prod", contexts: { prod: { master: "ftp://x" } } }),
      64,
      "the context prod: expected a URL",
    ],
    ["nodes --context prod --master http://m:1", file(twoContexts), 64, "--context and --master exclude each other"],
    ["nodes --token a --token-file b", {}, 64, "--token and --token-file exclude each other"],
    ["nodes --token-file missing", {}, 1, '--token-file: cannot read "missing": no such file'],
    ["nodes --token-file f", { f: " \n" }, 1, "--token-file: f is empty"],
    ["nodes --token-file f", { f: "A=b\nC=d\n" }, 1, "--token-file: f is no token"],
    ["nodes --token-file f", { f: "x".repeat(5000) }, 1, "--token-file: f is no token"],
    ["nodes --token t\u00f6ken", {}, 1, "--token is no token"],
    // A server has no contexts, and starts with no token that a file should have held.
    ["master --context prod", file(twoContexts), 64, "a server uses no contexts"],
    ["worker --context prod", file(twoContexts), 64, "a server uses no contexts"],
    ["up --context prod", file(twoContexts), 64, "a server uses no contexts"],
    ["master --token-file f", { f: "" }, 1, "--token-file: f is empty"],
  ])("podling %s", async (line, files, code, says) => {
    const ran = await podling(line, { files, fetch: async () => Response.json([]) });
    expect(ran.code).toBe(code);
    expect(ran.err).toStartWith(`error: ${says}`);
  });

  test("a server takes the token from a file, and nothing from a context", async () => {
    const files = { ...file(twoContexts), ...token };
    await podling("master --token-file token", { files });
    expect(settings.master).toMatchObject({ token: "x" });
    await podling("worker", { files });
    expect(settings.worker).toMatchObject({ masterUrl: "http://localhost:8080", token: null });
    await podling("up", { files, env: { PODLING_TOKEN_FILE: "token" } });
    expect(settings.up).toMatchObject({ master: { token: "x" }, worker: { token: "x" } });
  });

  test.each<[line: string, env: Record<string, string>, warned: string | null]>([
    ["nodes --token-file token", { PODLING_MASTER_URL: "http://m:3" }, "token"],
    ["nodes", { PODLING_MASTER_URL: "http://m:3", PODLING_TOKEN_FILE: "token" }, "token"],
    ["nodes", { PODLING_MASTER_URL: "http://m:3" }, null],
    ["nodes", {}, path],
    ["context ls", {}, path],
    // It is written again, for its owner only.
    ["context use lab", {}, null],
  ])("a file with a token that others may read is named: %s with %p", async (line, env, warned) => {
    const files = { ...file(twoContexts), ...token };
    const fetch = async () => Response.json([]);
    const { code, err } = await podling(line, { files, env, openFiles: [path, "token"], fetch });
    expect(code).toBe(0);
    expect(err).toBe(
      warned === null
        ? ""
        : `warning: other users of this machine may read the token in ${warned}. Type: chmod 600 ${warned}\n`,
    );
  });

  test("a file of contexts without a token may be read by all", async () => {
    const files = file({ current: "lab", contexts: { lab: { master: "http://lab:2" } } });
    const { err } = await podling("nodes", { files, openFiles: [path], fetch: async () => Response.json([]) });
    expect(err).toBe("");
  });

  test.each(["master", "worker", "up"])("%s logs once that others may read its token", async (role) => {
    const { code, err } = await podling(`${role} --token-file token`, { files: token, openFiles: ["token"] });
    expect(code).toBe(0);
    expect(err.split("\n")).toHaveLength(2);
    expect(err).toContain("WARN ");
    expect(err).toContain('may read the token in token type="chmod 600 token"');
  });

  test.each<[content: string, authorization: string]>([
    ["\ufeffx\n", "Bearer x"],
    ["\ufeff\ufeffx\r\n", "Bearer x"],
  ])("byte order marks are skipped: %j", async (content, authorization) => {
    const files = { token: content, [path]: `\ufeff\ufeff${JSON.stringify(twoContexts)}` };
    expect((await called("nodes --token-file token", { files })).token).toBe(authorization);
    expect((await called("nodes", { files })).token).toBe("Bearer p");
  });

  test("a master that does not answer is named with where its address is from", async () => {
    const fetch = () => Promise.reject(Object.assign(new Error("no"), { code: "ECONNREFUSED" }));
    const { err } = await podling("nodes", { files: file(twoContexts), fetch });
    expect(err).toEndWith("Is the master running there? The address is from the context prod\n");
    const none = await podling("nodes", { files: {}, fetch });
    expect(none.err).toContain("Is the master running? Start one with podling up");
  });
});

describe("podling context", () => {
  test("add, use, ls, rm", async () => {
    const files: Record<string, string> = { token: "secret\n" };
    const run = (line: string, env = {}) => podling(`context ${line}`, { files, env });
    expect(await run("add prod --master prod:8080/ --token-file token")).toEqual({
      ...{ code: 0, out: "prod\n" },
      err: "To use it: podling context use prod\n",
    });
    expect(JSON.parse(files[path]!)).toEqual({ contexts: { prod: { master: "http://prod:8080", token: "secret" } } });
    expect((await run("ls")).out).toBe(
      "   NAME     MASTER                 TOKEN\n*  default  http://localhost:8080  -\n   prod     http://prod:8080       saved\n",
    );
    expect(await run("use prod")).toEqual({ code: 0, out: "prod\n", err: "" });
    expect((await run("add lab --master http://lab:1 --use")).out).toBe("lab\n");
    expect(JSON.parse((await run("ls -o json")).out)).toEqual([
      { name: "default", current: false, master: "http://localhost:8080", token: false },
      { name: "prod", current: false, master: "http://prod:8080", token: true },
      { name: "lab", current: true, master: "http://lab:1", token: false },
    ]);
    expect((await run("rm lab")).err).toBe("It was in use. Commands call http://localhost:8080 from now on\n");
    expect((await run("ls -o name")).out).toBe("default\nprod\n");
    expect((await run("use prod", { PODLING_MASTER_URL: "http://m:1" })).err).toBe(
      "PODLING_MASTER_URL is set, and comes before the context\n",
    );
    expect((await run("use default")).out).toBe("default\n");
    expect(JSON.parse(files[path]!)).not.toHaveProperty("current");
  });

  test("add takes the master and the token of the environment", async () => {
    const files: Record<string, string> = {};
    await podling("context add here", { files, env: { PODLING_MASTER_URL: "http://m:1", PODLING_TOKEN: "e" } });
    expect(JSON.parse(files[path]!).contexts).toEqual({ here: { master: "http://m:1", token: "e" } });
  });

  test("what a later version has written into the file stays", async () => {
    const files = file({ version: 9, contexts: { prod: { master: "http://p:1", colour: "red" } } });
    await podling("context add lab --master http://l:1", { files });
    expect(JSON.parse(files[path]!)).toEqual({
      version: 9,
      contexts: { prod: { master: "http://p:1", colour: "red" }, lab: { master: "http://l:1" } },
    });
  });

  test.each([
    ["add prod --master http://m:1", 1, "there is a context prod already. Replace it with --force"],
    ["add prod --master http://m:1 --force", 0, ""],
    ["add default --master http://m:1", 64, "the name default stands for using no context"],
    ["add ../x --master http://m:1", 64, '"../x" is no name for a context'],
    ["add new", 64, "the address of the master is missing. Add --master URL."],
    ["use gone", 1, 'there is no context "gone". There are: default, prod, lab'],
    ["rm gone", 1, 'there is no context "gone"'],
    ["rm default", 64, "the name default stands for using no context, and cannot be removed"],
    ["create x", 64, 'podling context has no command "create". Use podling context add NAME --master URL'],
  ])("context %s", async (line, code, says) => {
    const ran = await podling(`context ${line}`, { files: file(twoContexts) });
    expect(ran.code).toBe(code);
    if (code !== 0) expect(ran.err).toStartWith(`error: ${says}`);
  });
});

describe("the file on disk", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "podling-contexts-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const run = (line: string, env: Record<string, string>) =>
    Bun.spawnSync([process.execPath, join(import.meta.dir, "../../src/main.ts"), ...line.split(" ")], {
      env: { PATH: process.env.PATH!, HOME: folder, ...env },
    });

  test("only its owner may read it, also where it was readable before", () => {
    const ran = run("context add prod --master http://p:1 --token secret", {});
    expect({ code: ran.exitCode, err: ran.stderr.toString() }).toMatchObject({ code: 0 });
    const written = join(folder, ".config/podling/config.json");
    expect(statSync(written).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, ".config/podling")).mode & 0o777).toBe(0o700);
    writeFileSync(join(folder, "open.json"), "{}", { mode: 0o644 });
    symlinkSync(join(folder, "open.json"), join(folder, "link.json"));
    run("context add prod --master http://p:1 --token secret", { PODLING_CONFIG: join(folder, "link.json") });
    expect(statSync(join(folder, "open.json")).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder, "link.json"), "utf8")).toContain("secret");
  });

  test("a token that others may read is used with a warning", () => {
    const open = join(folder, "token");
    writeFileSync(open, "secret\n", { mode: 0o644 });
    const says = `warning: other users of this machine may read the token in ${open}. Type: chmod 600 ${open}\n`;
    const config = join(folder, "warned.json");
    const add = (name: string, file: string) =>
      run(`context add ${name} --master http://p:1 --token-file ${file}`, { PODLING_CONFIG: config }).stderr.toString();
    expect(add("a", open)).toStartWith(says);
    chmodSync(open, 0o600);
    expect(add("b", open)).not.toContain("warning");
    const list = () => run("context ls", { PODLING_CONFIG: config }).stderr.toString();
    chmodSync(config, 0o644);
    expect(list()).toContain(`Type: chmod 600 ${config}\n`);
    // A group is chosen on purpose, as for the service of a user.
    chmodSync(config, 0o640);
    expect(list()).not.toContain("warning");
  });

  test("XDG_CONFIG_HOME names its folder", () => {
    run("context add prod --master http://p:1", { XDG_CONFIG_HOME: join(folder, "xdg") });
    expect(readFileSync(join(folder, "xdg/podling/config.json"), "utf8")).toContain("http://p:1");
  });
});
