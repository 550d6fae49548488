// Reads compose files that are texts of a test.

import { type Finding, findingText } from "../../src/compose/findings.ts";
import {
  type ComposeDocument,
  type ComposeRequest,
  type KeyReport,
  readCompose,
} from "../../src/compose/read-compose.ts";
import type { Reader } from "../../src/compose/reader.ts";

export interface Texts {
  document: ComposeDocument | null;
  value: Record<string, unknown>;
  /** Of service `web`, or another one. */
  service(name?: string): Record<string, unknown>;
  errors: string[];
  warnings: string[];
  report: readonly KeyReport[];
  /** The files that were read, in order. */
  read: string[];
}

/** `files` by path; the request reads compose.yaml of /app unless it says otherwise. */
export async function readTexts(files: Record<string, string>, request: Partial<ComposeRequest> = {}): Promise<Texts> {
  const read: string[] = [];
  const reader: Reader = {
    async read(path) {
      const text = files[path];
      if (text === undefined) return { found: false, why: null };
      read.push(path);
      return { found: true, bytes: new TextEncoder().encode(text) };
    },
  };
  const asked = { files: [], profiles: [], envFiles: [], env: {}, cwd: "/app", ...request };
  const { document, findings, report } = await readCompose(asked, reader);
  const texts = (level: Finding["level"]) => findings.filter((one) => one.level === level).map(findingText);
  const value = document?.value ?? {};
  const service = (name = "web") =>
    (value.services as Record<string, Record<string, unknown>> | undefined)?.[name] ?? {};
  return { document, value, service, errors: texts("error"), warnings: texts("warning"), report, read };
}

/** A file with one service `web`, whose keys are given as lines. */
export function webWith(lines: string): string {
  return `services:\n  web:\n    image: nginx\n${lines.replace(/^(?=.)/gm, "    ")}\n`;
}
