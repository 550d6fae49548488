// The line of a container of a task of several.

import { expect, test } from "bun:test";
import { containerLine, type ShownContainer } from "./containers.ts";

test.each<[ShownContainer, string]>([
  [{ name: "app", restarts: 0 }, "app: not started"],
  [
    { name: "app", status: "running", ready: true, restarts: 0, reason: { code: "running", message: "running" } },
    "app: running",
  ],
  [{ name: "app", status: "running", ready: false, restarts: 0 }, "app: running, not ready"],
  [
    {
      ...{ name: "cache", sidecar: true, status: "running", ready: false, restarts: 2 },
      reason: { code: "restarting", message: "exited with code 1; restart 3 in 4 s" },
    },
    "cache (sidecar): running, not ready, 2 restarts: exited with code 1; restart 3 in 4 s",
  ],
])("%j", (container, line) => expect(containerLine(container)).toBe(line));
