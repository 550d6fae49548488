// The Docker runtime keeps the contract, with the engine of this machine (DOCKER_HOST, or the usual socket).

import { afterAll, describe, expect, test } from "bun:test";
import { findEngine } from "../../scripts/ping-engine.ts";
import { DockerRuntime } from "../../src/runtime/docker/docker-runtime.ts";
import { RuntimeError } from "../../src/runtime/runtime-error.ts";
import { dockerHarness, removeLeftovers } from "./docker-harness.ts";
import { runtimeContract } from "./runtime.contract.ts";

const engine = await findEngine();
if ("problem" in engine) {
  if (process.env.CI === "true") throw new Error(`the Docker runtime cannot be tested, and CI=true: ${engine.problem}`);
  process.stderr.write(`skipped: the Docker runtime, because ${engine.problem}\n`);
  describe.skip("the Docker runtime", () => test("keeps the contract", () => {}));
} else {
  const { host } = engine;
  runtimeContract("the Docker runtime", () => dockerHarness(host));

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
