// Documents with several drawn keys each: whatever they make, an export makes it again.

import { expect, test } from "bun:test";
import { rows } from "../../../src/compose/keys/rows.ts";
import { randomInteger, randomItem, seededRandom } from "../../../src/lib/random.ts";
import { files, mergedItems, withKey } from "../translate/drawn-documents.ts";
import { translateTexts } from "../translate/translated.ts";
import { asRecorded, exportedAndRead } from "./round.ts";

const counts = rows
  .filter(({ says, path }) => (says === "honoured" || says === "changed") && path.startsWith("services.*."))
  .filter(({ path }) => !/build|extends|profiles|env_file|label_file|external/.test(path))
  .map(({ path }) => path);

test("is exported and read as it was", async () => {
  let compared = 0;
  for (let seed = 1; seed <= 100; seed++) {
    const random = seededRandom(seed);
    let document: unknown = {};
    for (let count = 2 + randomInteger(random, 6); count > 0; count--)
      document = mergedItems(document, withKey(randomItem(random, counts), random).document);
    const text = JSON.stringify(document);
    const env = { V: "v" };
    const { input, errors } = await translateTexts({ "compose.yaml": text, ...files }, { env });
    // Keys that exclude each other.
    if (errors.length > 0) continue;
    compared++;
    const round = await exportedAndRead(input, "app");
    expect(round.errors, `seed ${seed}: ${text}\n${round.yaml}`).toEqual([]);
    expect(asRecorded(round.input), `seed ${seed}: ${text}\n${round.yaml}`).toEqual(asRecorded(input));
  }
  expect(compared).toBeGreaterThan(30);
});
