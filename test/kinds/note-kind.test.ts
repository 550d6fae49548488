// Adding a record kind touches the kind's own file and one line of the table: a copy of the source gets a kind that does
// nothing, and state, undo, snapshot, restore, the watch stream, the API description and the simulation take it.

import { afterAll, expect, test } from "bun:test";
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dir, "../..");
const folder = mkdtempSync(join(tmpdir(), "podling-kinds-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(command: string[]) {
  const { stdout, stderr, exitCode } = Bun.spawnSync(command, { cwd: folder });
  return { exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
}

test("a do-nothing kind is one file and one line", () => {
  for (const path of ["src", "package.json", "tsconfig.json"])
    cpSync(join(root, path), join(folder, path), {
      recursive: true,
      filter: (source) => !source.endsWith(".test.ts"),
    });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  mkdirSync(join(folder, "src/model/note"));
  cpSync(join(import.meta.dir, "note-kind.ts.txt"), join(folder, "src/model/note/kind.ts"));
  cpSync(join(import.meta.dir, "note-child.ts.txt"), join(folder, "child.ts"));
  const line = 'export { noteKind as note } from "../note/kind.ts";\n';
  appendFileSync(join(folder, "src/model/kinds/table.ts"), line);

  const types = run([join(root, "node_modules/.bin/tsc"), "--noEmit", "-p", "."]);
  expect(types).toEqual({ exitCode: 0, stdout: "", stderr: "" });
  const { stdout, stderr } = run([process.execPath, "child.ts"]);
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual({
    events: [
      '{"revision":7,"at":"1970-01-01T00:00:00.000Z","type":"note.created","by":{"kind":"system","name":"reconciler","declared":false},"note":{"name":"app","text":"one"}}',
      '{"revision":8,"at":"1970-01-01T00:00:00.000Z","type":"note.removed","by":{"kind":"system","name":"reconciler","declared":false},"name":"app"}',
    ],
    missed: ["the watch client has note app with another text: it missed a change"],
    reverted: "one",
    left: 0,
    snapshot: "two",
    restored: "two",
    refused: "a note has a field text that is not a string",
    compared: 1,
    beyond: "the cluster holds 100 notes, which is its limit",
    schema: true,
    described: ["note", "name"],
    truth: "two",
  });
}, 60_000);
