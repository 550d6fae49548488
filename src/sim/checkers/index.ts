// All checkers. Each is tripped by at least one mutant of test/mutants.

import { acknowledgedWritesSurvive } from "./acknowledged-writes-survive.ts";
import { answersAreDurable } from "./answers-are-durable.ts";
import { askedOnceMadeOnce } from "./asked-once-made-once.ts";
import type { Checker } from "./checker.ts";
import { containersHaveOwners } from "./containers-have-owners.ts";
import { deadAreLost } from "./dead-are-lost.ts";
import { historyReplays } from "./history-replays.ts";
import { hostPortOnce } from "./host-port-once.ts";
import { lostWereAway } from "./lost-were-away.ts";
import { noOvercommit } from "./no-overcommit.ts";
import { nodeOpen } from "./node-open.ts";
import { onePlacement } from "./one-placement.ts";
import { oneWriter } from "./one-writer.ts";
import { quietWhenSettled } from "./quiet-when-settled.ts";
import { runsOnce } from "./runs-once.ts";
import { statusGoesForward } from "./status-goes-forward.ts";
import { streamEqualsList } from "./stream-equals-list.ts";
import { thingsAreBounded } from "./things-are-bounded.ts";
import { viewsAgree } from "./views-agree.ts";

export const checkers: readonly Checker[] = [
  acknowledgedWritesSurvive,
  answersAreDurable,
  oneWriter,
  onePlacement,
  runsOnce,
  statusGoesForward,
  noOvercommit,
  hostPortOnce,
  nodeOpen,
  lostWereAway,
  deadAreLost,
  containersHaveOwners,
  thingsAreBounded,
  viewsAgree,
  askedOnceMadeOnce,
  historyReplays,
  streamEqualsList,
  quietWhenSettled,
];
