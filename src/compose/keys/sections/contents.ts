// Rows of the sections configs and secrets of a file.

import { alike, below, honoured, type KeyRow, refused } from "../row.ts";

const noDriver = "Podling keeps contents itself, and asks no other program for them.";
const give = "Give the content by file or environment.";
const noTemplate = "Contents are given to containers as they are, and the program would see the template.";

export const contentRows: readonly KeyRow[] = [
  honoured("configs", "At most 500 KiB each."),
  ...below("configs.*", [
    ...alike(honoured, "name content environment file external external.name labels", ""),
    refused("template_driver", noTemplate, "Write the finished text."),
  ]),
  honoured("secrets", "They are recorded sealed, and no answer shows them."),
  ...below("secrets.*", [
    ...alike(honoured, "name environment file external external.name labels", ""),
    ...alike(refused, "driver driver_opts", noDriver, give),
    refused("template_driver", noTemplate, "Write the finished text."),
  ]),
];
