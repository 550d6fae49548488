// Rows of the keys at the top of a file.

import { alike, honoured, ignored, type KeyRow } from "../row.ts";

export const fileRows: readonly KeyRow[] = [
  ignored("version", "Compose ignores it, too: the schema has no versions any more.", "Remove the line."),
  honoured(
    "name",
    "It is the name of the app. Names of services, volumes, configs and secrets get it in front: shop_web.",
  ),
  ...alike(honoured, "include include[].path include[].env_file include[].project_directory", ""),
  honoured("services"),
  honoured(
    "x-*",
    "Keys that begin with x- are for other programs, everywhere in a file. x-podling is for Podling: see below.",
  ),
];
