// Reads and translates compose files that are texts of a test.

import { type Finding, findingText } from "../../../src/compose/findings.ts";
import type { ComposeRequest } from "../../../src/compose/read-compose.ts";
import { translate } from "../../../src/compose/translate/translate.ts";
import type { AppBody } from "../../../src/model/app/app-input.ts";
import { readTexts } from "../texts.ts";

export interface Translated {
  input: AppBody;
  /** Of reading and of translating. */
  errors: string[];
  warnings: string[];
  report: Awaited<ReturnType<typeof readTexts>>["report"];
}

export async function translateTexts(
  files: Record<string, string>,
  request: Partial<ComposeRequest> = {},
): Promise<Translated> {
  const { document, errors, warnings, report } = await readTexts(files, request);
  if (!document) return { input: {}, errors, warnings, report };
  const { input, findings } = translate(document, { app: String(document.value.name) });
  const texts = (wanted: Finding["level"]) => findings.filter(({ level }) => level === wanted).map(findingText);
  return { input, errors: texts("error"), warnings: [...warnings, ...texts("warning")], report };
}

/** The first service of the file of the app `a` with one service `web`. */
export async function translateWeb(lines: string, more = ""): Promise<Record<string, unknown>> {
  const body = `name: a\nservices:\n  web:\n    image: nginx\n${lines.replace(/^(?=.)/gm, "    ")}\n${more}`;
  const { input, errors } = await translateTexts({ "compose.yaml": body });
  if (errors.length > 0) throw new Error(errors.join("\n"));
  return (input.services?.[0] ?? {}) as Record<string, unknown>;
}
