// podling doctor with a real master, worker and engine: all of them running, then without one of them.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import type { Finding } from "../../src/cli/commands/cluster/doctor/finding.ts";
import { describeLab } from "../../tools/lab/available.ts";
import { podling } from "../../tools/lab/cluster.ts";
import { World } from "./world.ts";

describeLab("podling doctor", () => {
  let world: World;
  let flags: string[];
  beforeAll(async () => {
    world = await World.start();
    const folder = world.cluster.folder("doctor");
    symlinkSync(world.master.dataDir, join(folder, "master"));
    symlinkSync(world.worker.dataDir, join(folder, "worker"));
    flags = ["--data-dir", folder, "--docker-host", world.engine.host, "--worker-port", String(world.worker.port)];
  });
  afterAll(() => world?.down());

  const doctor = async () => {
    const { code, stdout, stderr } = await podling(["doctor", "-o", "json", ...flags], { master: world.master });
    expect(stderr).toBe("");
    const { findings, problems } = JSON.parse(stdout) as { findings: Finding[]; problems: number };
    return { code, problems, of: (check: string) => findings.filter((one) => one.check === check) };
  };
  const severity = ([first]: Finding[]) => first?.severity;

  test("shows which process holds what, and which ports other machines can reach", async () => {
    const ports = [{ containerPort: 80, hostPort: 0, hostIp: "0.0.0.0" }];
    const task = await world.reaches(await world.create("open", "sleep 1000", { ports }), "running", 60_000);
    const { code, of } = await doctor();
    expect([code, severity(of("master")), severity(of("engine")), severity(of("nodes"))]).toEqual([
      0,
      "ok",
      "ok",
      "ok",
    ]);
    expect(of("master's folder")[0]!.message).toContain(`(process ${world.master.pid})`);
    expect(of("worker's folder")[0]!.message).toContain(`(process ${world.worker.pid})`);
    expect(of(`port ${world.master.port}`)[0]!.message).toBe("used by the master");
    expect(of(`port ${world.worker.port}`)[0]!.message).toBe("used by a worker");
    expect(of("exposed ports")[0]!.message).toContain(`open on n1 at 0.0.0.0:${task.publishedPorts[0]!.hostPort}/tcp`);
    expect(severity(of("clock"))).toBe("ok");
    expect(severity(of("limits"))).not.toBe("problem");
  }, 120_000);

  test("without the master, then without the engine", async () => {
    await world.master.kill();
    const alone = await doctor();
    expect([alone.code, severity(alone.of("master")), severity(alone.of("engine"))]).toEqual([1, "problem", "ok"]);
    expect(alone.of("master's folder")[0]!.message).toContain("not in use by a running process");
    expect(alone.of("exposed ports")[0]!.message).toContain("podling-");
    await world.engine.kill();
    const { code, of } = await doctor();
    expect([code, severity(of("engine"))]).toEqual([1, "problem"]);
    expect(severity(of("exposed ports"))).toBe("note");
  }, 120_000);
});
