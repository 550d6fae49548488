// Findings from the answers of an engine, clocks, disks and published ports.

import { expect, test } from "bun:test";
import { clockFinding, diskFinding, engineAway, engineFindings } from "./engine.ts";
import { exposedContainers, exposedTasks, exposureFinding } from "./exposure.ts";
import { sealingFindings } from "./sealing.ts";

const version = { Version: "27.0.1", ApiVersion: "1.46" };
const info = { CgroupVersion: "2", MemoryLimit: true, CpuCfsQuota: true, LiveRestoreEnabled: true };

const findingsOf = (more: object) =>
  engineFindings({
    ...{ host: "h", version, info: { ...info, ...more }, fault: null },
    ...{ at: Date.UTC(2025, 0, 1), tookMs: 10 },
  });

test("limits that the kernel does not support", () => {
  const limited = findingsOf({ MemoryLimit: false, CpuCfsQuota: false }).filter(({ check }) => check === "limits");
  expect(limited.map(({ severity, message }) => [severity, /-m|--cpus/.exec(message)?.[0]])).toEqual([
    ["warning", "-m"],
    ["warning", "--cpus"],
  ]);
});

test("an old engine, and one without live restore", () => {
  const answers = { host: "h", version: { ...version, ApiVersion: "1.38" }, info, fault: null };
  const old = engineFindings({ ...answers, at: 0, tookMs: 0 });
  expect(old[0]!.severity).toBe("warning");
  expect(findingsOf({ LiveRestoreEnabled: false }).map(({ check }) => check)).toContain("live restore");
});

test.each([
  [0, 500, "ok"],
  [2_400, 500, "ok"],
  [2_600, 500, "warning"],
  [-59_000, 0, "warning"],
  [61_000, 0, "problem"],
  [Number.MAX_SAFE_INTEGER, 0, "problem"],
] as const)("a clock that is off by %d ms, give or take %d: %s", (offMs, uncertainMs, severity) => {
  expect(clockFinding("clock", "its clock", offMs, uncertainMs).severity).toBe(severity);
});

const gib = 1024 ** 3;
test.each([
  [{ freeBytes: 100 * gib, totalBytes: 200 * gib }, "ok"],
  [{ freeBytes: 10 * gib, totalBytes: 200 * gib }, "warning"],
  [{ freeBytes: 0.9 * gib, totalBytes: 2 * gib }, "warning"],
  [{ freeBytes: 0.1 * gib, totalBytes: 0.2 * gib }, "problem"],
  [null, "note"],
] as const)("a disk with %j: %s", (space, severity) => {
  expect(diskFinding("disk", "/x", space, "free some").severity).toBe(severity);
});

test("an engine socket without permission", () => {
  expect(engineAway("permission denied for /var/run/docker.sock", true).fix).toContain("group docker");
});

test("an active firewall does not block published ports", () => {
  const containers = [
    {
      Labels: { "podling.task": "t" },
      Names: ["/podling-t"],
      Ports: [
        { IP: "0.0.0.0", PublicPort: 80, PrivatePort: 80, Type: "tcp" },
        { IP: "::", PublicPort: 80, PrivatePort: 80, Type: "tcp" },
        { PrivatePort: 443, Type: "tcp" },
      ],
    },
    { Labels: {}, Names: ["/not-ours"], Ports: [{ IP: "0.0.0.0", PublicPort: 22, Type: "tcp" }] },
  ];
  const found = exposureFinding(exposedContainers(containers), "here", "ufw");
  expect(found.severity).toBe("warning");
  expect(found.message).toContain("ufw is active here but does not");
  expect(found.message).toContain("podling-t at 0.0.0.0:80/tcp, podling-t at [::]:80/tcp");
  expect(found.message).not.toContain("not-ours");
  expect(exposureFinding(exposedTasks("nonsense", new Map()), "here", "ufw").severity).toBe("ok");
});

test("the key of secrets: nothing while nothing is sealed, a copy to keep, and one that is missing", () => {
  const report = (status: string) => ({ status, sealed: 2, place: "/etc/podling/master.key", message: "the sentence" });
  expect([sealingFindings(null, []), sealingFindings(report("unused"), [])]).toEqual([[], []]);
  for (const status of ["missing", "other"])
    expect(sealingFindings(report(status), [])).toMatchObject([{ severity: "problem", message: "the sentence" }]);
  const node = (address: string) => ({ hostname: "n2", address, status: "online" });
  expect(sealingFindings(report("present"), [node("127.0.0.1")])).toMatchObject([
    { severity: "note", message: "the sentence", fix: expect.stringContaining("a copy of /etc/podling/master.key") },
  ]);
  expect(sealingFindings(report("present"), [node("10.0.0.2"), node("10.0.0.3")])[1]).toMatchObject({
    severity: "note",
    message: "secrets are sent to n2 (10.0.0.2) and 1 other node without encryption",
  });
});
