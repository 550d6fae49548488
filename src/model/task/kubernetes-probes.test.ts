// Probes in the words of Kubernetes become the same record as in Podling's own; and what is refused.

import { describe, expect, test } from "bun:test";
import { podInput } from "./pod-input.ts";
import { taskInput } from "./task-input.ts";

const parsed = (probe: object) =>
  taskInput.parse({ name: "web", image: "nginx", readinessProbe: probe }).readinessProbe as object;

describe("in the words of Kubernetes", () => {
  test.each<[string, object, object]>([
    [
      "httpGet",
      { httpGet: { path: "/up", port: 80, scheme: "HTTP", httpHeaders: [{ name: "Host", value: "a.example" }] } },
      { http: { path: "/up", port: 80, headers: { Host: "a.example" } } },
    ],
    ["httpGet, encrypted", { httpGet: { port: 443, scheme: "HTTPS" } }, { http: { port: 443, scheme: "https" } }],
    ["a host that is the container itself", { httpGet: { port: 80, host: "127.0.0.1" } }, { http: { port: 80 } }],
    ["tcpSocket", { tcpSocket: { port: 5432 } }, { tcp: { port: 5432 } }],
    ["exec", { exec: { command: ["cat", "/up"] } }, { exec: { command: ["cat", "/up"] } }],
    [
      "seconds and thresholds",
      {
        ...{ tcpSocket: { port: 1 }, initialDelaySeconds: 5, periodSeconds: 3, timeoutSeconds: 2 },
        ...{ failureThreshold: 4, successThreshold: 2 },
      },
      {
        ...{ tcp: { port: 1 }, initialDelayMs: 5000, periodMs: 3000, timeoutMs: 2000 },
        ...{ failureThreshold: 4, successThreshold: 2 },
      },
    ],
    ["both words in one probe", { tcp: { port: 1 }, periodSeconds: 3 }, { tcp: { port: 1 }, periodMs: 3000 }],
  ])("%s", (_, given, expected) => expect(parsed(given)).toEqual(expected));

  test("containers of pods, too", () => {
    const container = { name: "app", image: "nginx", livenessProbe: { httpGet: { port: 80 }, periodSeconds: 5 } };
    const { containers } = podInput.parse({ name: "shop", containers: [container] });
    expect(containers[0]!.livenessProbe).toEqual({ http: { port: 80 }, periodMs: 5000 });
  });
});

test.each<[string, object, string]>([
  ["one field in both forms", { tcp: { port: 1 }, periodMs: 5000, periodSeconds: 5 }, "periodMs once, in one"],
  ["one check in both forms", { http: { port: 1 }, httpGet: { port: 1 } }, "http once, in one of its two forms"],
  ["another host", { httpGet: { port: 1, host: "db.example" } }, "a check goes to the container itself"],
  ["a scheme that is none", { httpGet: { port: 1, scheme: "ftp" } }, "HTTP or HTTPS"],
  ["no port", { tcpSocket: {} }, "whole number"],
  [
    "a header twice",
    {
      httpGet: {
        port: 1,
        httpHeaders: [
          { name: "X-A", value: "1" },
          { name: "x-a", value: "2" },
        ],
      },
    },
    "each header once; x-a is repeated",
  ],
  [
    "a header that an object cannot keep",
    { httpGet: { port: 1, httpHeaders: [{ name: "__proto__", value: "1" }] } },
    "another name than __proto__",
  ],
])("%s is refused", (_, probe, message) => {
  const result = taskInput.safeParse({ name: "web", image: "nginx", readinessProbe: probe });
  expect(result.success).toBe(false);
  expect(result.error!.issues.map((issue) => issue.message).join("; ")).toContain(message);
});
