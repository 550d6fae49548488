// The files of containers on a real disk.

import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileError, type NodeFile } from "../contents/node-files.ts";
import { FilesOnDisk } from "./files-on-disk.ts";

const root = mkdtempSync(join(tmpdir(), "podling-files-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const file = (text: string, more: Partial<NodeFile> = {}): NodeFile => ({
  ...{ bytes: Buffer.from(text), uid: null, gid: null, mode: 0o444 },
  ...more,
});
const key = (taskId: string, container = "main", index = 0) => ({ taskId, container, kind: "config", index }) as const;

test("a file is written once, rewritten in place, and keeps its mode", () => {
  const files = new FilesOnDisk({ config: join(root, "a"), secret: join(root, "s") });
  const { path, changed } = files.write(key("t1"), file("first text"));
  expect([readFileSync(path, "utf8"), changed, statSync(path).mode & 0o7777]).toEqual(["first text", true, 0o444]);
  const { ino } = statSync(path);
  expect(files.write(key("t1"), file("first text")).changed).toBe(false);
  expect(files.write(key("t1"), file("2nd", { mode: 0o640 })).changed).toBe(true);
  expect([readFileSync(path, "utf8"), statSync(path).mode & 0o7777]).toEqual(["2nd", 0o640]);
  expect(statSync(path).ino).toBe(ino);
  expect(statSync(join(root, "a")).mode & 0o777).toBe(0o700);
  expect(files.isOwn(path)).toBe(true);
  expect(files.isOwn(join(root, "other"))).toBe(false);
});

test("the files of a container go with it, and those of unknown tasks at a start", () => {
  const folder = join(root, "b");
  const files = new FilesOnDisk({ config: folder, secret: join(root, "s") });
  files.keep(() => false);
  const first = files.write(key("t1"), file("x"));
  const second = files.write(key("t1", "side"), file("x"));
  files.write(key("t2"), file("x"));
  files.remove("t1", "main");
  expect([existsSync(first.path), existsSync(second.path)]).toEqual([false, true]);
  files.remove("t1", "side");
  files.remove("t1", "side");
  expect(readdirSync(folder)).toEqual(["t2"]);
  files.keep((taskId) => taskId === "t3");
  expect(readdirSync(folder)).toEqual([]);
});

test("a folder that cannot be made is an error with the path", () => {
  writeFileSync(join(root, "c"), "a file");
  const files = new FilesOnDisk({ config: join(root, "c"), secret: join(root, "s") });
  expect(() => files.write(key("t1"), file("x"))).toThrow(FileError);
  expect(() => files.write(key("t1"), file("x"))).toThrow(join(root, "c"));
});
