// What containers get of configs: files that are written before a start and again when they change, and variables.

import { expect, test } from "bun:test";
import type { ContentEvent } from "../../api/views/stream-events.ts";
import type { ContentReference } from "../../model/task/content-reference.ts";
import { unpackContainer } from "../../model/task/spec.ts";
import { ContentStore } from "./content-store.ts";
import { FilesInMemory } from "./files-in-memory.ts";
import { TaskFiles, withPrepared } from "./task-files.ts";

const specOf = (...configs: ContentReference[]) => unpackContainer({ image: "busybox", configs });

function started() {
  const [files, store] = [new FilesInMemory(), new ContentStore()];
  const put = (name: string, version: number, more: Partial<ContentEvent>) =>
    store.put({ kind: "config", name, version, newest: false, ...more });
  return { files, store, put, tasks: new TaskFiles(files, store) };
}

test("a file is mounted for reading only, with its mode and owner", () => {
  const { put, tasks, files } = started();
  put("a", 2, { data: "two" });
  const spec = specOf({ name: "a", resolved: 2, target: "/etc/a", uid: 5, mode: 0o400 });
  const prepared = tasks.prepare("t", spec);
  const [[path, file]] = [...files.all] as [[string, unknown]];
  expect(file).toEqual({ bytes: Buffer.from("two"), uid: 5, gid: null, mode: 0o400 });
  expect(tasks.isOwn(path)).toBe(true);
  expect(withPrepared(spec, prepared).mounts).toEqual([
    { type: "bind", source: path, target: "/etc/a", readOnly: true, sizeBytes: null },
  ]);
  tasks.release("t", "main");
  expect(files.all.size).toBe(0);
});

test("a variable has no line end, and must be text", () => {
  const { put, tasks } = started();
  put("a", 1, { data: "live\n" });
  put("b", 1, { data: Buffer.from([0xff, 0]).toString("base64"), encoding: "base64" });
  const spec = specOf({ name: "a", resolved: 1, env: "MODE" });
  expect(withPrepared(spec, tasks.prepare("t", spec)).env).toEqual({ MODE: "live" });
  expect(() => tasks.prepare("t", specOf({ name: "b", version: 1, env: "B" }))).toThrow("is not text");
});

test("without its content, a container cannot be prepared, and the sentence says why", () => {
  const { put, tasks } = started();
  const spec = specOf({ name: "a", resolved: 1 });
  expect(() => tasks.prepare("t", spec)).toThrow("its config a has not come from the master yet");
  put("a", 1, { problem: "has no version 1" });
  expect(() => tasks.prepare("t", spec)).toThrow("its config a has no version 1");
  put("a", 1, { data: "" });
  expect(tasks.prepare("t", spec).mounts).toHaveLength(1);
});

test("files that follow the newest version are rewritten, each with one signal", () => {
  const { put, tasks, files } = started();
  put("a", 1, { data: "one", newest: true });
  put("a", 1, { data: "one" });
  const spec = specOf(
    { name: "a", onChange: "signal", target: "/1" },
    { name: "a", onChange: "signal", target: "/2" },
    { name: "a", onChange: "signal", signal: "USR1", target: "/3" },
    { name: "a", resolved: 1, target: "/4" },
  );
  tasks.prepare("t", spec);
  expect(tasks.refresh("t", spec)).toEqual([]);
  put("a", 2, { data: "two", newest: true });
  expect(tasks.refresh("t", spec)).toEqual(["SIGHUP", "USR1"]);
  expect([...files.all.values()].map(({ bytes }) => Buffer.from(bytes).toString())).toEqual([
    "two",
    "two",
    "two",
    "one",
  ]);
  expect(tasks.refresh("t", spec)).toEqual([]);
});

test("a container that names no version and follows none keeps the newest one of its start until its next start", () => {
  const { put, tasks, files } = started();
  const content = () => Buffer.from([...files.all.values()][0]!.bytes).toString();
  put("a", 1, { data: "one", newest: true });
  const spec = specOf({ name: "a", target: "/1" });
  tasks.prepare("t", spec);
  put("a", 2, { data: "two", newest: true });
  expect([tasks.refresh("t", spec), content()]).toEqual([[], "one"]);
  tasks.prepare("t", spec);
  expect(content()).toBe("two");
});

test("a content is kept while a task names it", () => {
  const { put, store, tasks } = started();
  put("a", 1, { data: "one" });
  put("b", 1, { data: "one" });
  const spec = specOf({ name: "a", resolved: 1 });
  store.keepFor([{ containers: [spec], init: [] }]);
  expect(tasks.prepare("t", spec).mounts).toHaveLength(1);
  expect(() => tasks.prepare("t", specOf({ name: "b", resolved: 1 }))).toThrow("has not come");
});

test("a login is for the images of its registry, until it is removed", () => {
  const { store, tasks } = started();
  const login = { kind: "credential", name: "docker.io", version: 0, newest: true } as const;
  store.put({ ...login, data: '{"username":"anna","password":"x"}' });
  store.keepFor([]);
  expect(tasks.loginFor("team/app:1")).toEqual({ username: "anna", password: "x" });
  expect(tasks.loginFor("registry.example/app")).toBeNull();
  store.put({ ...login, problem: "was removed" });
  expect(tasks.loginFor("team/app:1")).toBeNull();
});
