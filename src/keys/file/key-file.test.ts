// The file of the key: made once with mode 0600, read each time, never overwritten.

import { afterAll, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keyBytes } from "../../lib/sealed.ts";
import { KeyFile } from "./key-file.ts";

const root = mkdtempSync(join(tmpdir(), "podling-key-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("it is made in the first place that can be written, and found there", () => {
  writeFileSync(join(root, "file"), "");
  const paths = [join(root, "file/master.key"), join(root, "a/master.key"), join(root, "b/master.key")];
  const keys = new KeyFile(paths);
  expect(keys.find()).toEqual({ problem: `the key file ${paths[0]} is missing`, isMissing: true });
  const made = keys.findOrMake();
  expect("key" in made && [made.key.length, made.place]).toEqual([keyBytes, paths[1]!]);
  expect(statSync(paths[1]!).mode & 0o777).toBe(0o600);
  expect(new KeyFile(paths).findOrMake()).toEqual(made);
});

test("a file that goes and comes back is noticed", () => {
  const path = join(root, "c.key");
  const keys = new KeyFile([path]);
  const made = keys.findOrMake();
  renameSync(path, `${path}.away`);
  expect(keys.find()).toMatchObject({ isMissing: true });
  renameSync(`${path}.away`, path);
  expect(keys.find()).toEqual(made);
});

test("another file is not taken for a key, and not overwritten", () => {
  const path = join(root, "d.key");
  for (const text of ["", "hello\n", "podling-key-1:AAAA\n"]) {
    writeFileSync(path, text);
    expect(new KeyFile([path]).findOrMake()).toEqual({ problem: `the file ${path} has no key`, isMissing: false });
    expect(readFileSync(path, "utf8")).toBe(text);
  }
});

test("a place that cannot be written is named, and nonces differ", () => {
  const path = join(root, "file/x.key");
  const keys = new KeyFile([path]);
  expect(keys.findOrMake()).toMatchObject({ problem: expect.stringContaining(`${path} cannot be written`) });
  expect(keys.nonce()).not.toEqual(keys.nonce());
});

test("a file that every user may read is refused, with what to type", () => {
  const path = join(root, "open.key");
  const made = new KeyFile([path]).findOrMake();
  chmodSync(path, 0o644);
  const problem = `every user of this machine may open the key file ${path} (mode 0644); type: chmod 600 ${path}`;
  expect(new KeyFile([path]).findOrMake()).toEqual({ problem, isMissing: false });
  chmodSync(path, 0o640);
  expect(new KeyFile([path]).find()).toEqual(made);
});
