// Access control: rows of headers, with and without a token.

import { describe, expect, test } from "bun:test";
import { AccessControl } from "./access-control.ts";

const open = new AccessControl({ server: "master", token: null, allowedHosts: ["podling.example"] });
const closed = new AccessControl({ server: "worker", token: "s3cret", allowedHosts: [] });

const hosts: [host: string, welcome: boolean][] = [
  ["localhost:8080", true],
  ["localhost", true],
  ["LOCALHOST:8080", true],
  ["127.0.0.1:8080", true],
  ["10.0.0.7:8080", true],
  ["[::1]:8080", true],
  ["podling.example:8080", true],
  ["Podling.Example", true],
  ["evil.example", false],
  ["evil.example:8080", false],
  ["localhost.evil.example", false],
  ["127.0.0.1.evil.example", false],
  ["podling.example.evil", false],
  ["", false],
];
test.each(hosts)("Host: %s", (host, welcome) => {
  expect(open.refusal(new Headers({ host }), "read")?.code ?? "welcome").toBe(welcome ? "welcome" : "forbidden-origin");
});

const origins: [origin: string, welcome: boolean][] = [
  ["http://localhost:8080", true],
  ["http://LOCALHOST:8080", true],
  ["http://localhost:3000", false],
  ["http://localhost", false],
  ["http://evil.example", false],
  ["http://localhost:8080.evil.example", false],
  ["null", false],
  ["", false],
  ["nonsense", false],
];
test.each(origins)("Origin: %s", (origin, welcome) => {
  const headers = new Headers({ host: "localhost:8080", origin });
  expect(open.refusal(headers, "open")?.code ?? "welcome").toBe(welcome ? "welcome" : "forbidden-origin");
});

test("a request that a browser calls cross-site is refused, also by open operations", () => {
  const headers = new Headers({ host: "localhost:8080", "sec-fetch-site": "cross-site" });
  expect(open.refusal(headers, "open")?.code).toBe("forbidden-origin");
  headers.set("sec-fetch-site", "same-origin");
  expect(open.refusal(headers, "open")).toBeNull();
});

describe("the token", () => {
  const rows: [authorization: string | null, welcome: boolean][] = [
    ["Bearer s3cret", true],
    ["bearer s3cret", true],
    [null, false],
    ["Bearer", false],
    ["Bearer wrong", false],
    ["Bearer s3cret2", false],
    ["Bearer s3cre", false],
    ["Basic s3cret", false],
    ["s3cret", false],
  ];
  test.each(rows)("Authorization: %s", (authorization, welcome) => {
    const headers = new Headers({ host: "localhost", ...(authorization === null ? {} : { authorization }) });
    for (const access of ["read", "write", "node"] as const)
      expect(closed.refusal(headers, access)?.code ?? "welcome").toBe(welcome ? "welcome" : "unauthorized");
  });

  test("is not needed by open operations", () => {
    expect(closed.refusal(new Headers({ host: "localhost" }), "open")).toBeNull();
  });

  test("is named in the refusal with the server that needs it", () => {
    expect(closed.refusal(new Headers({ host: "localhost" }), "read")?.message).toBe("this worker needs a token");
  });
});
