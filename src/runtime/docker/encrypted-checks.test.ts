// Checks over real sockets: encrypted and plain servers, good and bad answers, and what is said when there is none.

import { afterAll, expect, test } from "bun:test";
import { selfSigned } from "../../../test/fixtures/tls.ts";
import { CheckFailed } from "../checks.ts";
import { DockerChecks } from "./checks.ts";
import type { EngineHttp } from "./engine-http.ts";

const fetch = (request: Request) =>
  new Response(`host ${request.headers.get("host")}`, { status: request.url.endsWith("/bad") ? 503 : 200 });
const encrypted = Bun.serve({ port: 0, hostname: "127.0.0.1", tls: selfSigned, fetch });
const plain = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch });
afterAll(() => {
  encrypted.stop(true);
  plain.stop(true);
});

/** An engine on this machine. */
const engine = { remoteHost: null, json: async () => ({}) } as unknown as EngineHttp;
const checks = new DockerChecks(engine);

async function get(server: Bun.Server<undefined>, check: { path?: string; scheme?: "http" | "https" }) {
  const target = { containerId: "c1", address: "127.0.0.1", hostNetwork: false, publishedPorts: [] };
  const wanted = { port: server.port!, ...check };
  try {
    const { url, status } = await checks.http(target, wanted, { timeoutMs: 10_000, bodyBytes: 100 });
    return `${url} ${status}`.replace(`:${server.port}`, "");
  } catch (error) {
    expect(error).toBeInstanceOf(CheckFailed);
    return (error as Error).message.replace(`:${server.port}`, "");
  }
}

test("an https check needs no certificate that anything trusts", async () => {
  expect(await get(encrypted, { scheme: "https" })).toBe("https://127.0.0.1/ 200");
  expect(await get(encrypted, { scheme: "https", path: "/bad" })).toBe("https://127.0.0.1/bad 503");
});

test("a server that does not encrypt fails an https check, and one that does an http check", async () => {
  expect(await get(plain, { scheme: "https" })).toMatch(/^GET https:\/\/127.0.0.1\/: no encrypted connection: .*SSL/);
  expect(await get(encrypted, {})).toBe("GET http://127.0.0.1/: the connection was closed before an answer");
  expect(await get(plain, {})).toBe("http://127.0.0.1/ 200");
});
