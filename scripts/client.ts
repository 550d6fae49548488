// Builds the npm package @podling/client: types from openapi.json, which is made from the table of operations, and the client
// in client/. It needs nothing but the packages of this checkout, and publishes nothing.
//
//   bun scripts/client.ts [FOLDER]     (default: dist/client)

import { copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { openapi } from "../src/api/openapi/openapi.ts";

const root = resolve(import.meta.dir, "..");
const folder = resolve(process.argv[2] ?? join(root, "dist", "client"));
const modules = join(root, "node_modules");

async function run(...command: string[]): Promise<void> {
  const child = Bun.spawn(command, { cwd: folder, stdout: "ignore", stderr: "inherit" });
  if ((await child.exited) !== 0) throw new Error(`${command.join(" ")} failed`);
}

/** One exported type for each schema, with its name. */
function namedTypes(names: string[]): string {
  const types = names.map((name) => `export type ${name} = components["schemas"]["${name}"];\n`);
  // Node resolves the compiled file.
  const source = JSON.stringify("./schema.js");
  return [`import type { components } from ${source};\n`, ...types].join("");
}

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const json = async (path: string): Promise<Record<string, unknown>> => Bun.file(join(root, path)).json();
const { version } = (await json("package.json")) as { version: string };
const manifest = { ...(await json("client/package.json")), version };
writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
for (const file of ["tsconfig.json", "README.md", "index.ts"])
  copyFileSync(join(root, "client", file), join(folder, file));
copyFileSync(join(root, "LICENSE"), join(folder, "LICENSE"));
symlinkSync(modules, join(folder, "node_modules"));

const document = await openapi(version);
const { schemas } = document.components as { schemas: Record<string, unknown> };
writeFileSync(join(folder, "openapi.json"), JSON.stringify(document, null, 2));
writeFileSync(join(folder, "schemas.d.ts"), namedTypes(Object.keys(schemas)));
const generator = join(modules, "openapi-types/node_modules/openapi-typescript/bin/cli.js");
await run(process.execPath, generator, "openapi.json", "--output", "schema.d.ts");
await run(join(modules, ".bin/tsc"), "--project", "tsconfig.json");
for (const file of ["index.ts", "tsconfig.json", "node_modules"]) rmSync(join(folder, file));

process.stdout.write(`${folder}: @podling/client ${version}\n`);
