// What every runtime promises for commands in containers, for checks over the network, and for the engine's own health checks.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { CheckFailed, type CheckTarget } from "../../src/runtime/checks.ts";
import { until } from "../../tools/lab/until.ts";
import { ContractSubject, type RuntimeHarness, refusal } from "./contract-subject.ts";

const patient = { outputBytes: 100, timeoutMs: 20_000 };

export function execContract(title: string, open: () => Promise<RuntimeHarness>): void {
  describe(`${title}: commands and checks`, () => {
    let subject: ContractSubject;
    let containerId: string;
    beforeAll(async () => {
      subject = new ContractSubject(await open());
      containerId = await subject.run(subject.harness.programs.serve(8080));
    });
    afterAll(() => subject?.close());

    const target = async (): Promise<CheckTarget> => {
      const { address = null, publishedPorts } = (await subject.runtime.containers.inspect(containerId))!;
      return { containerId, address, hostNetwork: false, publishedPorts };
    };

    test("a command has an exit code and its output, from both streams", async () => {
      const { exec } = subject.runtime;
      const { good, bad } = subject.harness.commands;
      expect(await exec.run(containerId, { command: good, ...patient })).toMatchObject({ exitCode: 0 });
      const failed = await exec.run(containerId, { command: bad, ...patient });
      expect(failed).toMatchObject({ exitCode: 1 });
      expect(failed.output).toContain("out");
      expect(failed.output).toContain("err");
      expect(await exec.isRunning(failed.execId)).toBe(false);
      const short = await exec.run(containerId, { command: bad, ...patient, outputBytes: 2 });
      expect(short.output).toHaveLength(2);
    });

    test("a command that hangs is given up, and runs on until its container ends", async () => {
      const { exec, containers } = subject.runtime;
      const other = await subject.run(subject.harness.programs.forever);
      const { execId, exitCode } = await exec.run(other, {
        command: subject.harness.commands.hang,
        ...patient,
        timeoutMs: 500,
      });
      expect(exitCode).toBeNull();
      expect(await exec.isRunning(execId)).toBe(true);
      await containers.stop(other, 0);
      await until("the command to end", async () => !(await exec.isRunning(execId)));
      const ended = await refusal(exec.run(other, { command: subject.harness.commands.good, ...patient }));
      expect(ended.code).toBe("container-lost");
    });

    test("a check reaches what listens, and says what was tried where nothing does", async () => {
      const { checks } = subject.runtime;
      const limit = { timeoutMs: 5000, bodyBytes: 100 };
      const { status } = await until("an answer", async () =>
        checks.http(await target(), { port: 8080, path: "/" }, limit).catch(() => null),
      );
      expect(status).toBe(200);
      await checks.tcp(await target(), 8080, 5000);
      const missing = await checks.http(await target(), { port: 8080, path: "/nosuch" }, limit);
      expect(missing.status).toBeGreaterThanOrEqual(400);
      expect(missing.url).toEndWith(":8080/nosuch");
      const refused = await checks.tcp(await target(), 8081, 5000).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(CheckFailed);
      expect((refused as Error).message).toMatch(/^cannot connect to .*:8081: connection refused$/);
      const noAnswer = await checks.http(await target(), { port: 8081 }, limit).catch((error: unknown) => error);
      expect(noAnswer).toBeInstanceOf(CheckFailed);
      expect((noAnswer as Error).message).toMatch(/^GET http:\/\/.*:8081\/: connection refused$/);
    });
  });
}

export function healthContract(title: string, open: () => Promise<RuntimeHarness>): void {
  describe(`${title}: health checks`, () => {
    let subject: ContractSubject;
    beforeAll(async () => {
      subject = new ContractSubject(await open());
    });
    afterAll(() => subject?.close());

    test("the engine's own health check is in the state of the container, and each change is an event", async () => {
      const { containers } = subject.runtime;
      const { clusterId, commands } = subject.harness;
      const seen = new Set<string>();
      const over = new AbortController();
      const following = containers.events(
        clusterId,
        () => {},
        ({ containerId: id }) => void seen.add(id),
        over.signal,
      );
      const health = { command: commands.bad, intervalMs: 100, retries: 2 };
      const checked = await subject.run(subject.harness.programs.forever, { health });
      seen.delete(checked);
      const state = await until("the end of the checks", async () => {
        const now = await containers.inspect(checked);
        return now?.health?.status === "unhealthy" && now.health;
      });
      expect(state).toMatchObject({ status: "unhealthy" });
      expect(state.failures).toBeGreaterThanOrEqual(2);
      expect(state.output).toContain("err");
      await until("the event", () => seen.has(checked));
      over.abort();
      await following;
      await containers.stop(checked, 0);
      expect((await containers.inspect(checked))?.health).toBeUndefined();
      const unchecked = await subject.run(subject.harness.programs.forever);
      expect((await containers.inspect(unchecked))?.health).toBeUndefined();
    });
  });
}
