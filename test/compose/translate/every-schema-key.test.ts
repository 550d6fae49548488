// Adds each key of the published schema to a valid file, with drawn values: the report names it, or the input of the app is another
// one. Nothing is dropped in silence.

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { seededRandom } from "../../../src/lib/random.ts";
import { files, withKey } from "./drawn-documents.ts";
import { type Translated, translateTexts } from "./translated.ts";

const keys = JSON.parse(readFileSync(resolve(import.meta.dir, "../../../build/compose/keys.json"), "utf8")) as string[];

/** Keys that say what Podling does anyway, each with the test that shows it. */
const elsewhere: Record<string, string> = {
  "services.*.volumes[].bind": "key-lines.ts: its keys",
  "services.*.volumes[].volume": "key-lines.ts: its keys",
  "services.*.volumes[].tmpfs": "key-lines.ts: its keys",
  "services.*.healthcheck": "key-lines.ts: its keys",
  "services.*.logging": "key-lines.ts: its keys",
};

function without(document: object, at: readonly (string | number)[]): object {
  const copy = structuredClone(document);
  let parent = copy as Record<string | number, unknown>;
  for (const step of at.slice(0, -1)) parent = parent[step] as Record<string | number, unknown>;
  delete parent[at.at(-1)!];
  return copy;
}

const read = (document: object): Promise<Translated> =>
  translateTexts({ "compose.yaml": JSON.stringify(document), ...files }, { env: { V: "v" } });

/** True if the report has the key, or a key above it that is refused or ignored as a whole. */
function isNamed({ report, warnings }: Translated, at: readonly (string | number)[]): boolean {
  const text = at
    .reduce<string>((sum, step) => (typeof step === "number" ? `${sum}[${step}]` : `${sum}.${step}`), "")
    .slice(1);
  if (warnings.some((warning) => warning.includes(`warning: ${text}: `))) return true;
  return report.some(({ what, says }) => {
    const isAbove = text.startsWith(`${what}.`) || text.startsWith(`${what}[`);
    return what === text || (isAbove && (says === "refused" || says === "ignored"));
  });
}

describe("no key is dropped in silence", () => {
  test.each(keys.filter((key) => !(key in elsewhere)))("%s", async (path) => {
    for (let seed = 1; seed <= 3; seed++) {
      const { document, at } = withKey(path, seededRandom(seed));
      const shown = `seed ${seed}: ${JSON.stringify(document)}`;
      const translated = await read(document);
      expect(translated.errors, shown).toEqual([]);
      if (isNamed(translated, at)) continue;
      const other = await read(without(document, at));
      expect(other.errors.length > 0 ? null : other.input, shown).not.toEqual(translated.input);
    }
  });
});
