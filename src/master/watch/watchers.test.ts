// The set that a stream of tasks begins with.

import { expect, test } from "bun:test";
import { World } from "../../core/test-world.ts";
import { systemClock } from "../../lib/clock.ts";
import { readEvents } from "../../lib/sse.ts";
import { AssignmentStreams } from "../node-health/assignment-streams.ts";
import { Vault } from "../secrets/vault.ts";
import { Watchers } from "./watchers.ts";

test("it has the oldest task first, also after a removal that was taken back", async () => {
  const world = new World();
  const { state } = world;
  const ids = ["a", "b", "c"].map((name) => world.task(name).taskId);
  state.revert(state.apply({ type: "task.removed", id: ids[0]! }));
  const streams = new AssignmentStreams();
  const none = () => {
    throw new Error("there is none");
  };
  const watchers = new Watchers({
    state,
    clock: systemClock,
    ...{ streams, vault: new Vault(state, null) },
    masterFields: { node: none, service: none, job: none, schedule: none, volume: none, app: none },
    revision: state.revision,
  });
  const watched = watchers.watchTasks(() => true, "");
  if (!watched.ok) throw new Error(watched.refusal.message);
  watchers.close();
  const events = [];
  for await (const { event, data } of readEvents(watched.value)) events.push({ event, data: JSON.parse(data) });
  expect(events).toMatchObject([{ event: "sync", data: { tasks: ids.map((taskId) => ({ taskId })) } }]);
});
