// All checkers. Each is tripped by at least one mutant of test/mutants.

import { acknowledgedWritesSurvive } from "./acknowledged-writes-survive.ts";
import { addressesOnce } from "./addresses-once.ts";
import { answersAreDurable } from "./answers-are-durable.ts";
import { appsAreWhole } from "./apps-are-whole.ts";
import { askedOnceMadeOnce } from "./asked-once-made-once.ts";
import { ceilingHolds } from "./ceiling-holds.ts";
import type { Checker } from "./checker.ts";
import { containersHaveContents } from "./containers-have-contents.ts";
import { containersHaveOwners } from "./containers-have-owners.ts";
import { dataIsFollowed } from "./data-is-followed.ts";
import { dataIsKept } from "./data-is-kept.ts";
import { deadAreLost } from "./dead-are-lost.ts";
import { dependenciesHold } from "./dependencies-hold.ts";
import { dependencyHolds } from "./dependency-holds.ts";
import { drainedBeforeStopped } from "./drained-before-stopped.ts";
import { endpointStreamEqualsList } from "./endpoint-stream-equals-list.ts";
import { endpointsAreReady } from "./endpoints-are-ready.ts";
import { failuresHaveCauses } from "./failures-have-causes.ts";
import { floorHolds } from "./floor-holds.ts";
import { goodReplicaStays } from "./good-replica-stays.ts";
import { historyReplays } from "./history-replays.ts";
import { hostPortOnce } from "./host-port-once.ts";
import { initComesFirst } from "./init-comes-first.ts";
import { jobCountsOnce } from "./job-counts-once.ts";
import { jobsEnd } from "./jobs-end.ts";
import { lostAreReplaced } from "./lost-are-replaced.ts";
import { lostWereAway } from "./lost-were-away.ts";
import { movesEnd } from "./moves-end.ts";
import { movesKeepData } from "./moves-keep-data.ts";
import { noHalfVolumes } from "./no-half-volumes.ts";
import { noOvercommit } from "./no-overcommit.ts";
import { nodeOpen } from "./node-open.ts";
import { onePlacement } from "./one-placement.ts";
import { oneWriter } from "./one-writer.ts";
import { ownerReplacesOnce } from "./owner-replaces-once.ts";
import { planComesTrue } from "./plan-comes-true.ts";
import { podsHaveOneFate } from "./pods-have-one-fate.ts";
import { podsShareANetwork } from "./pods-share-a-network.ts";
import { preemptedForHigher } from "./preempted-for-higher.ts";
import { quietAtRest } from "./quiet-at-rest.ts";
import { readyHasPassed } from "./ready-has-passed.ts";
import { recordsAreKept } from "./records-are-kept.ts";
import { removedWereOver } from "./removed-were-over.ts";
import { restartsAreCounted } from "./restarts-are-counted.ts";
import { revisionsNeverChange } from "./revisions-never-change.ts";
import { rolloutsEnd } from "./rollouts-end.ts";
import { runsOnce } from "./runs-once.ts";
import { scheduleStartsOnce } from "./schedule-starts-once.ts";
import { secretsGoToUsers } from "./secrets-go-to-users.ts";
import { secretsStaySealed } from "./secrets-stay-sealed.ts";
import { selectedAreEndpoints } from "./selected-are-endpoints.ts";
import { servicesConverge } from "./services-converge.ts";
import { singleWriter } from "./single-writer.ts";
import { slotHasOne } from "./slot-has-one.ts";
import { statusGoesForward } from "./status-goes-forward.ts";
import { strangersAreRefused } from "./strangers-are-refused.ts";
import { streamEqualsList } from "./stream-equals-list.ts";
import { streamsAreRead } from "./streams-are-read.ts";
import { thingsAreBounded } from "./things-are-bounded.ts";
import { trialLeavesNoTrace } from "./trial-leaves-no-trace.ts";
import { unwantedGoSoon } from "./unwanted-go-soon.ts";
import { versionsRollOut } from "./versions-roll-out.ts";
import { viewsAgree } from "./views-agree.ts";
import { waitingHasCause } from "./waiting-has-cause.ts";
import { workIsPlaced } from "./work-is-placed.ts";

export const checkers: readonly Checker[] = [
  acknowledgedWritesSurvive,
  answersAreDurable,
  oneWriter,
  onePlacement,
  runsOnce,
  statusGoesForward,
  restartsAreCounted,
  failuresHaveCauses,
  strangersAreRefused,
  removedWereOver,
  recordsAreKept,
  noOvercommit,
  hostPortOnce,
  dataIsFollowed,
  dataIsKept,
  movesKeepData,
  noHalfVolumes,
  singleWriter,
  nodeOpen,
  preemptedForHigher,
  lostWereAway,
  deadAreLost,
  lostAreReplaced,
  streamsAreRead,
  unwantedGoSoon,
  waitingHasCause,
  workIsPlaced,
  containersHaveOwners,
  thingsAreBounded,
  viewsAgree,
  askedOnceMadeOnce,
  historyReplays,
  streamEqualsList,
  floorHolds,
  ceilingHolds,
  goodReplicaStays,
  slotHasOne,
  revisionsNeverChange,
  drainedBeforeStopped,
  movesEnd,
  endpointsAreReady,
  selectedAreEndpoints,
  endpointStreamEqualsList,
  ownerReplacesOnce,
  rolloutsEnd,
  servicesConverge,
  readyHasPassed,
  podsShareANetwork,
  initComesFirst,
  dependenciesHold,
  dependencyHolds,
  podsHaveOneFate,
  addressesOnce,
  jobCountsOnce,
  scheduleStartsOnce,
  jobsEnd,
  secretsStaySealed,
  secretsGoToUsers,
  versionsRollOut,
  containersHaveContents,
  appsAreWhole,
  planComesTrue,
  trialLeavesNoTrace,
  quietAtRest,
];
