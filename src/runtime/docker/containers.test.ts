// How long a stop is waited for, and what an engine's refusal of a signal means.

import { expect, test } from "bun:test";
import { limits } from "../../model/limits.ts";
import { EngineRefused, SignalRefused } from "../runtime-error.ts";
import { DockerContainers, stopPatienceMs } from "./containers.ts";
import { EngineHttp } from "./engine-http.ts";

test.each([[0], [1], [10], [limits.stopGraceSecondsMax]])(
  "a stop with %d s of grace is waited for longer than that",
  (graceSeconds) => {
    // The engine kills after the grace, and answers when the container has ended: that takes it some seconds.
    expect(stopPatienceMs(graceSeconds)).toBeGreaterThanOrEqual(graceSeconds * 1000 + 30_000);
  },
);

test.each([
  [400, "Invalid signal: NOSUCH", "no-such-signal"],
  [400, "signal is invalid", "no-such-signal"],
  [500, "Invalid signal: NOSUCH", "no-such-signal"],
  [500, "unknown signal NOSUCH", "no-such-signal"],
  [404, "No such container: c1", "no-container"],
  [409, "cannot kill container: c1: container c1 is not running", "not-running"],
  [409, "can only kill running containers. c1 is in state exited: container state improper", "not-running"],
  [500, "can only kill running containers. cc0d is in state exited: container state improper", "not-running"],
  [500, "containerd: connection refused", "engine-refused"],
  [503, "the engine is shutting down", "engine-refused"],
])("a kill that the engine answers with %d %s: %s", async (status, message, expected) => {
  const server = Bun.serve({
    port: 0,
    fetch: ({ url }) => (url.endsWith("/_ping") ? new Response("OK") : Response.json({ message }, { status })),
  });
  const containers = new DockerContainers(new EngineHttp(`tcp://127.0.0.1:${server.port}`));
  const error = await containers.kill("c1", "NOSUCH").then(
    () => null,
    (thrown) => thrown,
  );
  await server.stop(true);
  if (error instanceof SignalRefused) expect([error.why, error.message]).toEqual([expected as never, message]);
  else expect([expected, error]).toEqual(["engine-refused", expect.any(EngineRefused)]);
});
