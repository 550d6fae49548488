// Rows of the language models that a file declares, and of the services that use them.

import { alike, type KeyRow, refused } from "../row.ts";

const keys = [
  "models models.*.name models.*.model models.*.context_size models.*.runtime_flags",
  "services.*.models services.*.models.*.endpoint_var services.*.models.*.model_var",
].join(" ");

export const modelRows: readonly KeyRow[] = alike(
  refused,
  keys,
  "Podling runs no language models by themselves.",
  "Run a server of models as a service, and give its address as a variable.",
);
