// Who may call a master over a real socket: tokens, Host and Origin; and on which addresses it may listen.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Operation } from "../../src/api/operations/operation.ts";
import { operations } from "../../src/api/operations/operations.ts";
import { refusesAddress } from "../../src/master/master.ts";
import { expectRefusal, TestMaster } from "./in-process.ts";

let podling: TestMaster;
beforeAll(() => {
  podling = new TestMaster({ token: "s3cret", allowedHosts: ["podling.example"] });
});
afterAll(() => podling.stop());

/** Over a bare socket: fetch does not let Host be chosen. */
async function raw(request: string): Promise<{ status: number; text: string }> {
  let text = "";
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port: Number(new URL(podling.url).port),
    socket: {
      data: (_, bytes) => {
        text += bytes.toString();
        if (text.includes("\r\n\r\n")) resolve();
      },
      close: () => resolve(),
    },
  });
  socket.write(request);
  await promise;
  socket.end();
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]), text };
}

const table = Object.entries(operations) as [string, Operation][];

describe("the address itself", () => {
  const opened = (accept: string, method = "GET") =>
    fetch(`${podling.url}/`, { method, headers: { accept }, redirect: "manual" });

  test("sends a browser to the page of the API, without a token", async () => {
    for (const method of ["GET", "HEAD"]) {
      const answer = await opened("text/html,application/xhtml+xml,*/*;q=0.8", method);
      expect([answer.status, answer.headers.get("location"), answer.headers.get("vary")]).toEqual([
        302,
        "/docs",
        "Accept",
      ]);
    }
    expect(await (await fetch(`${podling.url}/`, { headers: { accept: "text/html" } })).text()).toStartWith(
      "<!doctype html>",
    );
  });

  test("answers programs with JSON", async () => {
    for (const accept of ["*/*", "application/json"]) {
      const answer = await opened(accept);
      expect([answer.status, answer.headers.get("content-type")]).toEqual([401, "application/json"]);
    }
  });
});

describe("with a token", () => {
  test.each(table.filter(([, { access }]) => access !== "open"))(
    "%s needs it, before anything else is checked",
    async (_, operation) => {
      const path = operation.path.replace("{id}", "none");
      const answer = await podling.ask(operation.method, path);
      expectRefusal(answer, 401, "unauthorized");
      expect(answer.headers.get("www-authenticate")).toContain("Bearer");
      const wrong = await podling.ask(operation.method, path, { headers: { authorization: "Bearer s3cret " + "x" } });
      expectRefusal(wrong, 401, "unauthorized");
    },
  );

  test.each(table.filter(([, { access }]) => access === "open"))("%s does not", async (_, operation) => {
    expect((await podling.ask(operation.method, operation.path)).status).toBe(200);
  });

  test("the right token is accepted; without it, unknown paths are refused like known ones", async () => {
    const headers = { authorization: "Bearer s3cret" };
    expect((await podling.ask("GET", "/api/v1/tasks", { headers })).status).toBe(200);
    expectRefusal(await podling.ask("GET", "/nowhere", { headers }), 404, "route-not-found");
    for (const path of ["/api/v1/tasks/", "/api//v1/tasks", "/API/v1/Tasks"]) {
      const answer = await podling.ask<{ hint: string }>("GET", path, { headers });
      expectRefusal(answer, 404, "route-not-found");
      expect(answer.body.hint).toStartWith("Did you mean /api/v1/tasks? ");
    }
    expectRefusal(await podling.ask("GET", "/nowhere"), 401, "unauthorized");
  });
});

describe("web pages", () => {
  test.each([
    ["evil.example", 403],
    ["evil.example:8080", 403],
    ["localhost", 200],
    ["127.0.0.1", 200],
    ["[::1]:8080", 200],
    ["podling.example", 200],
  ])("Host: %s is %p", async (host, status) => {
    const answer = await raw(`GET /health HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    expect(answer.status).toBe(status);
    if (status === 403) expect(answer.text).toContain('"code":"forbidden-origin"');
  });

  test.each([["http://evil.example"], ["null"], ["http://localhost:1"]])("Origin: %s", async (origin) => {
    expectRefusal(await podling.ask("GET", "/health", { headers: { origin } }), 403, "forbidden-origin");
    const headers = { origin, authorization: "Bearer s3cret" };
    expectRefusal(await podling.ask("GET", "/api/v1/tasks", { headers }), 403, "forbidden-origin");
  });

  test("the master's own page may call the API", async () => {
    const headers = { origin: podling.url, authorization: "Bearer s3cret", "sec-fetch-site": "same-origin" };
    expect((await podling.ask("GET", "/api/v1/tasks", { headers })).status).toBe(200);
  });

  test("no answer allows other sites to read it in a browser", async () => {
    const { headers } = await podling.ask("GET", "/health");
    expect([...headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
  });
});

describe("pages of an allowed origin", () => {
  const page = "http://localhost:3000";
  let open: TestMaster;
  beforeAll(() => {
    open = new TestMaster({ token: "s3cret", allowedOrigins: [page] });
  });
  afterAll(() => open.stop());

  const asked = (origin: string, more: Record<string, string> = {}) => ({ headers: { origin, ...more } });

  test("are answered, and may read the answer", async () => {
    const answer = await open.ask("GET", "/api/v1/tasks", asked(page, { authorization: "Bearer s3cret" }));
    expect(answer.status).toBe(200);
    expect(answer.headers.get("access-control-allow-origin")).toBe(page);
    expect(answer.headers.get("vary")).toContain("Origin");
    const crossSite = asked(page, { authorization: "Bearer s3cret", "sec-fetch-site": "cross-site" });
    expect((await open.ask("GET", "/api/v1/nodes", crossSite)).status).toBe(200);
  });

  test("need the token, and may read the refusal", async () => {
    const answer = await open.ask("GET", "/api/v1/tasks", asked(page));
    expectRefusal(answer, 401, "unauthorized");
    expect(answer.headers.get("access-control-allow-origin")).toBe(page);
  });

  test("get an answer to the question of their browser, without the token", async () => {
    const headers = {
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization,content-type",
    };
    const answer = await open.ask("OPTIONS", "/api/v1/tasks", asked(page, headers));
    expect(answer.status).toBe(204);
    expect(answer.headers.get("access-control-allow-methods")).toContain("POST");
    expect(answer.headers.get("access-control-allow-headers")).toContain("authorization");
    expectRefusal(
      await open.ask("OPTIONS", "/api/v1/tasks", asked("http://evil.example", headers)),
      403,
      "forbidden-origin",
    );
  });

  test.each([["http://localhost:3001"], ["http://evil.example"], ["null"]])("%s is still refused", async (origin) => {
    const answer = await open.ask("GET", "/api/v1/tasks", asked(origin, { authorization: "Bearer s3cret" }));
    expectRefusal(answer, 403, "forbidden-origin");
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("addresses", () => {
  test.each([["127.0.0.1"], ["::1"], ["localhost"]])("%s needs no token", (host) => {
    expect(refusesAddress(host, null, false)).toBeNull();
  });

  test.each([["0.0.0.0"], ["::"], ["10.0.0.7"], ["example.org"]])("%s needs a token, or --insecure", (host) => {
    const why = refusesAddress(host, null, false)!;
    for (const word of [host, "--token", "PODLING_TOKEN", "--insecure"]) expect(why).toContain(word);
    expect(refusesAddress(host, "token", false)).toBeNull();
    expect(refusesAddress(host, null, true)).toBeNull();
  });
});
