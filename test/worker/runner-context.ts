// What runners share, for tests of single runners: every bound is one at a time. Test support.

import type { Clock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { Semaphore } from "../../src/lib/semaphore.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { ContentStore } from "../../src/worker/contents/content-store.ts";
import { FilesInMemory } from "../../src/worker/contents/files-in-memory.ts";
import { TaskFiles } from "../../src/worker/contents/task-files.ts";
import { Prober } from "../../src/worker/probes/prober.ts";
import { PolicyGuard } from "../../src/worker/task/policy-guard.ts";
import { PublishAddress } from "../../src/worker/task/publish-address.ts";
import type { NodeIdentity, RunnerContext } from "../../src/worker/task/runner-context.ts";

export function runnerContext(runtime: Runtime, clock: Clock, node: NodeIdentity): RunnerContext {
  return {
    ...{ runtime, clock, log: silentLog, node, signal: new AbortController().signal },
    files: new TaskFiles(new FilesInMemory(), new ContentStore()),
    policy: new PolicyGuard(null, async (path) => path),
    engine: { ready: true, suspect() {} },
    images: { used() {}, pulled() {} },
    volumes: { prepare: async () => {} },
    neighbours: { areStopping: false, unwantedContainers: () => [], containerEnded() {} },
    ended: { sweepSoon() {} },
    bounds: {
      ...{ starts: new Semaphore(1), pulls: new Semaphore(1), stops: new Semaphore(1), logReads: new Semaphore(1) },
    },
    counters: { starts: 0, restarts: 0, failures: 0, pulls: 0 },
    publishAddress: new PublishAddress(null, async () => null),
    holds: { waitsFor: () => null },
    prober: new Prober({ runtime, clock, random: seededRandom(2) }),
  };
}
