// Which function decides which command on volumes.

import { unreachable } from "../../lib/assert.ts";
import type { Outcome } from "../../model/refusal.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import type { Command, Decision, DecisionContext } from "./command.ts";
import { decideBeginVolumeWork, decideEndVolumeWork, decideForgetCopy } from "./volume-work.ts";
import {
  decideCreateVolume,
  decideForgetData,
  decideReleaseVolume,
  decideRemoveVolume,
  decideUpdateVolume,
} from "./volumes.ts";

export type VolumeCommand = Extract<
  Command,
  {
    type:
      | "createVolume"
      | "updateVolume"
      | "releaseVolume"
      | "removeVolume"
      | "beginVolumeWork"
      | "endVolumeWork"
      | "forgetVolumeCopy"
      | "forgetVolumeData";
  }
>;

export function decideOnVolume(
  state: ClusterState,
  command: VolumeCommand,
  context: DecisionContext,
): Outcome<Decision> {
  switch (command.type) {
    case "createVolume":
      return decideCreateVolume(state, command, context);
    case "updateVolume":
      return decideUpdateVolume(state, command);
    case "releaseVolume":
      return decideReleaseVolume(state, command);
    case "removeVolume":
      return decideRemoveVolume(state, command);
    case "beginVolumeWork":
      return decideBeginVolumeWork(state, command, context);
    case "endVolumeWork":
      return decideEndVolumeWork(state, command);
    case "forgetVolumeCopy":
      return decideForgetCopy(state, command);
    case "forgetVolumeData":
      return decideForgetData(state, command);
    default:
      return unreachable(command);
  }
}
