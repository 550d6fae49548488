// Rows of the keys at the top of a file.

import { alike, changed, honoured, ignored, type KeyRow } from "../row.ts";

export const fileRows: readonly KeyRow[] = [
  ignored("version", "Compose ignores it, too: the schema has no versions any more.", "Remove the line."),
  changed(
    "name",
    "There are no apps yet: names of services, volumes, configs and secrets are those of the file, without this name in front.",
    "Give services and volumes of different files different names.",
  ),
  ...alike(honoured, "include include[].path include[].env_file include[].project_directory", ""),
  honoured("services"),
  honoured("x-*", "Keys that begin with x- are for other programs, everywhere in a file."),
];
