// The Docker runtime keeps the contract with Podman's service, too, but for the parts that docs/ENGINES.md names.

import { afterAll, beforeAll } from "bun:test";
import { describeLab } from "../../tools/lab/available.ts";
import { Lab } from "../../tools/lab/lab.ts";
import { dockerHarness } from "./docker-harness.ts";
import { runtimeContract } from "./runtime.contract.ts";
import { testUnkeptLogs } from "./unkept-logs.contract.ts";

describeLab("Podman", () => {
  let lab: Lab;
  let host = "";
  beforeAll(async () => {
    lab = await Lab.start();
    host = (await lab.podman()).host;
  });
  afterAll(() => lab?.down());

  testUnkeptLogs(() => host);
  runtimeContract("Podman", () => dockerHarness(host), ["starts without a network", "health events"]);
});
