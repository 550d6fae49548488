// Documents to YAML that the reader of compose files, and others, read as the same values.

import { Document, isScalar, visit } from "yaml";
import { plainScalar } from "../tree/plain-scalar.ts";

/** `notes` are comment lines at the top. `isCompose`: a dollar sign is doubled, so that it stands for itself. */
export function yamlText(value: unknown, notes: readonly string[] = [], isCompose = false): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar(key, node) {
      if (key === "key" || !isScalar(node) || typeof node.value !== "string") return;
      if (isCompose) node.value = node.value.replaceAll("$", "$$$$");
      // 0440 and 1_000 are numbers to compose, and text here.
      if (plainScalar(node.value as string) !== node.value || /^(y|n|yes|no|on|off)$/i.test(node.value as string))
        node.type = "QUOTE_DOUBLE";
    },
  });
  const comment = notes.map((note) => `# ${note}\n`).join("");
  return comment + document.toString({ lineWidth: 0 });
}
