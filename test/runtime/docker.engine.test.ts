// The Docker runtime keeps the contract, with the engine of this machine (DOCKER_HOST, or the usual socket).

import { afterAll, describe, expect, test } from "bun:test";
import { findEngine } from "../../scripts/ping-engine.ts";
import { DockerRuntime } from "../../src/runtime/docker/docker-runtime.ts";
import { RuntimeError } from "../../src/runtime/runtime-error.ts";
import { ContractSubject } from "./contract-subject.ts";
import { dockerHarness, removeLeftovers } from "./docker-harness.ts";
import { runtimeContract } from "./runtime.contract.ts";
import { testUnkeptLogs } from "./unkept-logs.contract.ts";

const engine = await findEngine();
if ("problem" in engine) {
  if (process.env.CI === "true") throw new Error(`the Docker runtime cannot be tested, and CI=true: ${engine.problem}`);
  process.stderr.write(`skipped: the Docker runtime, because ${engine.problem}\n`);
  describe.skip("the Docker runtime", () => test("keeps the contract", () => {}));
} else {
  const { host } = engine;
  runtimeContract("the Docker runtime", () => dockerHarness(host));

  describe("Docker", () => {
    testUnkeptLogs(() => host);

    test("each run of a container has lines of its own, also if the first run did not end its last one", async () => {
      const subject = new ContractSubject(await dockerHarness(host));
      try {
        const containerId = await subject.run(subject.harness.programs.longLine);
        await subject.ended(containerId);
        await subject.runtime.containers.start(containerId);
        await subject.ended(containerId);
        const run = `first\n${"x".repeat(40_000)}\nlast`;
        expect((await subject.written(containerId)).stdout).toBe(`${run}\n${run}`);
        expect((await subject.written(containerId, { tail: 4 })).stdout).toBe(`last\n${run}`);
      } finally {
        await subject.close();
      }
    });
  });

  afterAll(() => removeLeftovers(host));
}

describe("an engine that is not there", () => {
  test("says so with its address", async () => {
    const runtime = new DockerRuntime("unix:///nonexistent/podling.sock");
    for (const call of [runtime.engine.ping(), runtime.engine.info(), runtime.containers.inspect("x")]) {
      const error = await call.then(
        () => null,
        (thrown: unknown) => thrown as RuntimeError,
      );
      expect(error).toBeInstanceOf(RuntimeError);
      expect(error).toMatchObject({ code: "engine-unavailable", temporary: true });
      expect(error!.message).toContain("/nonexistent/podling.sock");
    }
  });

  test("an address that is none is refused with a hint", () => {
    expect(() => new DockerRuntime("ssh://somewhere")).toThrow(/unix:\/\/\/var\/run\/docker.sock or tcp:/);
  });
});
