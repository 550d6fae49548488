// The flags of probes, to the fields of a create request.

import { describe, expect, test } from "bun:test";
import { parseProbe } from "./probes.ts";

type Probe = ReturnType<typeof parseProbe>;
const published = [{ containerPort: 80 }];

test.each([
  ["http=:8080/healthz", { http: { port: 8080, path: "/healthz" } }],
  ["http=8080/healthz?full=1", { http: { port: 8080, path: "/healthz?full=1" } }],
  ["http=/healthz", { http: { port: 80, path: "/healthz" } }],
  ["http=8080", { http: { port: 8080 } }],
  ["http=http://:8080/", { http: { port: 8080, path: "/" } }],
  ["https=:8443/healthz", { http: { port: 8443, path: "/healthz", scheme: "https" } }],
  ["http=https://:443/", { http: { port: 443, path: "/", scheme: "https" } }],
  ["tcp=5432", { tcp: { port: 5432 } }],
  ["tcp=:5432,period=500ms", { tcp: { port: 5432 }, periodMs: 500 }],
  ["exec=pg_isready -U app", { exec: { command: "pg_isready -U app" } }],
  ['"exec=test -f /a, b",failures=30', { exec: { command: "test -f /a, b" }, failureThreshold: 30 }],
  ["healthcheck", { healthcheck: true }],
  [
    "http=/,delay=1m,period=5s,timeout=2s,successes=2,failures=4,status=200-299,header=Host:a.example,header=X-Probe: 1",
    {
      http: { port: 80, path: "/", status: "200-299", headers: { Host: "a.example", "X-Probe": "1" } },
      ...{ initialDelayMs: 60_000, periodMs: 5000, timeoutMs: 2000, successThreshold: 2, failureThreshold: 4 },
    },
  ],
] as [string, Probe][])("%s", (text, probe) => {
  expect(parseProbe("--readiness", text, published)).toEqual(probe);
});

describe("what is no probe is refused with what to type", () => {
  test.each([
    ["", "a field is empty"],
    ["http", "http has no value"],
    ["ftp=/", '"ftp" is none of http, https, tcp'],
    ["http=localhost:80/", "a port and a path, and no host"],
    ["tcp=web", "a port of the container"],
    ["tcp=80,period=soon", "expected a duration"],
    ["tcp=80,failures=many", "expected a whole number"],
    ["tcp=80,status=200", "belong to http="],
    ["http=/,header=x", "expected NAME:VALUE"],
    ["http=/,header=Host:a,header=host:b", "host is given twice"],
    ["http=/,header=__proto__:a", "another name than __proto__"],
    ['"exec=a', "a quote is not closed"],
  ])("%s", (text, says) => {
    expect(() => parseProbe("--liveness", text, published)).toThrow(says);
  });

  test("a check without a port, where not exactly one is published", () => {
    expect(() => parseProbe("--liveness", "http=/")).toThrow("the port is missing");
    const two = [{ containerPort: 80 }, { containerPort: 81 }];
    expect(() => parseProbe("--liveness", "http=/", two)).toThrow("the port is missing");
  });
});
