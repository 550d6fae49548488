// The sentences for an engine that cannot be reached: the cause in plain words, and what to do.

import { expect, test } from "bun:test";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EngineHttp } from "./engine-http.ts";

const rows: [what: string, host: string, cause: string, advice: string][] = [
  ["no socket", `unix://${join(tmpdir(), "podling-no-such.sock")}`, "the socket does not exist", "Is Docker installed"],
  ["a file in its place", `unix://${import.meta.path}`, "connection refused", "Is Docker installed and running"],
  ["a closed port", "tcp://127.0.0.1:1", "connection refused", "Is an engine listening there?"],
];
test.each(rows)("%s", async (_, host, cause, advice) => {
  const ping = new EngineHttp(host).ping();
  await expect(ping).rejects.toThrow(`the engine at ${host} does not answer: ${cause}. ${advice}`);
});
