// Rows of the section volumes of a file.

import { alike, below, butFor, changed, honoured, type KeyRow, text } from "../row.ts";

const noRecord =
  "A volume with a driver or its options has no record: Podling does not know where the data is, and runs its tasks on any node.";

export const volumeRows: readonly KeyRow[] = [
  honoured("volumes"),
  ...below("volumes.*", [
    ...alike(honoured, "name labels", ""),
    butFor(
      changed("driver", noRecord, "Leave local out."),
      "local",
      text(/^local$/),
      honoured("", "As if it were left out."),
    ),
    changed("driver_opts", noRecord, "For a file server, give every node the same options."),
    ...alike(
      changed,
      "external external.name",
      "The volume of this name is used; if there is none, the first task makes it.",
      "podling volume ls shows what there is.",
    ),
  ]),
];
