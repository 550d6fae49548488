// @podling/client as a user gets it: packed by npm, installed into an empty project, compiled in strict mode, and run by Node
// against a master that asks for a token.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describeUnless } from "../../tools/lab/available.ts";
import { TestMaster } from "../master/in-process.ts";

const root = resolve(import.meta.dir, "../..");
const modules = join(root, "node_modules");
const missing = ["npm", "node"].filter((program) => Bun.which(program) === null);

async function run(folder: string, ...command: string[]): Promise<string> {
  const child = Bun.spawn(command, { cwd: folder, stdout: "pipe", stderr: "pipe" });
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  expect({ command, code: await child.exited, said: (await child.exited) === 0 ? "" : out + err }).toEqual({
    ...{ command, code: 0, said: "" },
  });
  return out;
}

/** Packs a folder with a package.json, as `npm publish` would, and gives the path of the archive. */
async function pack(folder: string, to: string): Promise<string> {
  const [packed] = JSON.parse(await run(folder, "npm", "pack", "--json", "--pack-destination", to)) as [
    { filename: string },
  ];
  return join(to, packed.filename.replace("@", "").replace("/", "-"));
}

describeUnless(missing.length > 0 ? `it needs ${missing.join(" and ")}` : null, "@podling/client", () => {
  let folder: string;
  let master: TestMaster;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "podling-client-"));
    master = new TestMaster({ token: "a-token" });
  });
  afterAll(async () => {
    await master?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("is packed, installed into an empty project, compiled and used", async () => {
    const [built, archives, project] = ["built", "archives", "project"].map((name) => join(folder, name)) as [
      ...[string, string, string],
    ];
    await run(root, process.execPath, "scripts/client.ts", built);
    for (const made of [archives, project]) await run(folder, "mkdir", made);
    const packages = [built, join(modules, "openapi-fetch"), join(modules, "openapi-typescript-helpers")];
    const packed: string[] = [];
    for (const from of packages) packed.push(await pack(from, archives));
    const listed = await run(folder, "tar", "-tzf", packed[0]!);
    expect(listed.trim().split("\n").sort()).toEqual(
      ["LICENSE", "README.md", "index.d.ts", "index.js", "package.json", "schema.d.ts", "schemas.d.ts"].map(
        (name) => `package/${name}`,
      ),
    );

    writeFileSync(join(project, "package.json"), '{"name": "project", "private": true, "type": "module"}');
    await run(project, "npm", "install", "--offline", "--no-audit", "--no-fund", ...packed);
    copyFileSync(join(import.meta.dir, "program.ts.txt"), join(project, "program.ts"));
    const compilerOptions = {
      ...{ target: "ES2022", module: "NodeNext", strict: true, skipLibCheck: false },
      ...{ exactOptionalPropertyTypes: true, types: ["node"], typeRoots: [join(modules, "@types")] },
    };
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["program.ts"] }));
    await run(project, join(modules, ".bin/tsc"), "--project", ".");
    const out = await run(project, "node", "program.js", master.url, "a-token");
    expect(JSON.parse(out)).toEqual({
      node: { hostname: "n1", cpu: 4 },
      task: { status: "scheduled", policy: "always", request: 0.5 },
      listed: ["web"],
      wrong: { code: "task-not-found", status: 404 },
      thrown: { code: "task-not-found", status: 404 },
      removed: 204,
      seen: ["node.registered", "task.created", "task.removed"],
    });
  });
});
