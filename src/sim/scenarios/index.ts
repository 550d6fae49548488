// All scenarios, in the order in which they were found. docs/TESTING.md has a row for each.

import { aBackupDuringARestore } from "./a-backup-during-a-restore.ts";
import { aCopiedDataFolder } from "./a-copied-data-folder.ts";
import { aRemovalThatComesLate } from "./a-removal-that-comes-late.ts";
import { aRemovalThatComesTwice } from "./a-removal-that-comes-twice.ts";
import { aStreamThatEndedUnnoticed } from "./a-stream-that-ended-unnoticed.ts";
import { aTermBeginsBeforeAllElse } from "./a-term-begins-before-all-else.ts";
import { aWipeWhileTheMasterPauses } from "./a-wipe-while-the-master-pauses.ts";
import { anEngineThatHangsAtTheStart } from "./an-engine-that-hangs-at-the-start.ts";
import { anOldReportThatComesLast } from "./an-old-report-that-comes-last.ts";
import { engineNewsSurviveALostAnswer } from "./engine-news-survive-a-lost-answer.ts";
import { finishedTasksKeepTheirOrder } from "./finished-tasks-keep-their-order.ts";
import { lostEventsAreMadeUpFor } from "./lost-events-are-made-up-for.ts";
import { optionsGoWhereTheyAreKnown } from "./options-go-where-they-are-known.ts";
import type { Scenario } from "./scenario.ts";
import { stoppingWaitsForTheDisk } from "./stopping-waits-for-the-disk.ts";
import { twoMachinesOfOneName } from "./two-machines-of-one-name.ts";
import { waitingShowsWhatIsDurable } from "./waiting-shows-what-is-durable.ts";
import { whatASlowEngineHasIsNotGone } from "./what-a-slow-engine-has-is-not-gone.ts";

export const scenarios: readonly Scenario[] = [
  stoppingWaitsForTheDisk,
  lostEventsAreMadeUpFor,
  engineNewsSurviveALostAnswer,
  waitingShowsWhatIsDurable,
  finishedTasksKeepTheirOrder,
  anOldReportThatComesLast,
  aStreamThatEndedUnnoticed,
  anEngineThatHangsAtTheStart,
  twoMachinesOfOneName,
  aCopiedDataFolder,
  optionsGoWhereTheyAreKnown,
  aWipeWhileTheMasterPauses,
  aTermBeginsBeforeAllElse,
  aBackupDuringARestore,
  aRemovalThatComesLate,
  aRemovalThatComesTwice,
  whatASlowEngineHasIsNotGone,
];
