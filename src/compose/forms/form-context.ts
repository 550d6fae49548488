// Where the value is that is brought to its long form.

import type { Findings } from "../findings.ts";
import type { Path } from "../tree/tree.ts";

export interface FormContext {
  path: Path;
  findings: Findings;
}
