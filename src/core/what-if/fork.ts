// Makes a state of its own with the same records. Records are immutable and shared; the indexes are built again from them.

import { runToEnd } from "../../lib/run-to-end.ts";
import { kindNames } from "../../model/kinds/kinds.ts";
import { ClusterState } from "../state/cluster-state.ts";

/** Records adopted before the caller may do other work: about a millisecond. */
const recordsPerSlice = 500;

export function fork(state: ClusterState): ClusterState {
  return runToEnd(forkInSlices(state));
}

/** The state as of the first step, whatever changes while the others are drawn. */
export function* forkInSlices(state: ClusterState): Generator<void, ClusterState> {
  const copy = new ClusterState();
  const all = kindNames.map((kind) => ({ kind, records: [...(state.tables[kind] as Map<string, object>)] }));
  copy.revision = state.revision;
  copy.cursors = state.cursors;
  const work = workOf(state);
  let count = 0;
  for (const { kind, records } of all) {
    // In order of ids, as in a snapshot: a fork of equal states is equal, whatever they have been through.
    records.sort(([left], [right]) => (left < right ? -1 : 1));
    for (const [id, record] of records) {
      copy.adopt(kind, id, record);
      if (++count % recordsPerSlice === 0) yield;
    }
  }
  // Without it, the first decision would look at everything: the same result, but in one long step.
  takeOver(copy, work);
  return copy;
}

/** What there is to look at: not in the records, but a look at anything else would change nothing. */
function workOf({ pending, serviceTasks, jobTasks, scheduleJobs, dependents }: ClusterState) {
  return {
    attempts: pending.attempts(),
    services: serviceTasks.queue.work(),
    jobs: jobTasks.queue.work(),
    schedules: scheduleJobs.queue.work(),
    dependents: dependents.queue.work(),
  };
}

function takeOver(copy: ClusterState, work: ReturnType<typeof workOf>): void {
  copy.pending.restoreAttempts(work.attempts);
  copy.serviceTasks.queue.takeOver(work.services);
  copy.jobTasks.queue.takeOver(work.jobs);
  copy.scheduleJobs.queue.takeOver(work.schedules);
  copy.dependents.queue.takeOver(work.dependents);
}
