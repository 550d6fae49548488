// What the command line loads. A command runs for some 30 ms: schemas of requests, which only servers need, would nearly
// double that.

import { expect, test } from "bun:test";
import { join } from "node:path";

const root = join(import.meta.dir, "../..");

/** The packages that a process has loaded after these statements. */
async function packagesAfter(statements: string): Promise<string[]> {
  const script = `${statements}
    const names = Object.keys(require.cache).map((path) => /node_modules\\/([^/]+)/.exec(path)?.[1]).filter(Boolean);
    process.stdout.write(JSON.stringify([...new Set(names)]));`;
  const child = Bun.spawn([process.execPath, "-e", script], { cwd: root, stdout: "pipe", stderr: "inherit" });
  const text = await new Response(child.stdout).text();
  return JSON.parse(text) as string[];
}

test("no command loads schemas of requests or the parser of YAML before it runs, and no request needs them", async () => {
  const commands = `
    const { commandTable } = await import("./src/cli/commands/index.ts");
    await commandTable.loadAll();
    await import("./src/api/client.ts");`;
  const loaded = await packagesAfter(commands);
  expect(loaded).not.toContain("zod");
  expect(loaded).not.toContain("yaml");
  expect(await packagesAfter('await import("./src/api/schemas/bodies.ts");')).toContain("zod");
  expect(await packagesAfter('await import("./src/compose/read-compose.ts");')).toContain("yaml");
});
