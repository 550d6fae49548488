// Restart policies as text.

import { expect, test } from "bun:test";
import { parseRestartPolicy, policyOf, shownPolicy, shownPolicyPattern } from "./restart-policy.ts";
import { type RestartPolicy, specDefaults } from "./spec.ts";

const usual = specDefaults.restartPolicy;
const rows: [RestartPolicy, string | null][] = [
  [usual, "never"],
  [{ ...usual, mode: "always" }, "always"],
  [{ ...usual, mode: "on-failure" }, "on-failure"],
  [{ ...usual, mode: "on-failure", maxRestarts: 3 }, "on-failure:3"],
  [{ ...usual, mode: "on-failure", maxRestarts: 0 }, null],
  [{ ...usual, mode: "always", maxRestarts: 3 }, null],
  [{ ...usual, mode: "always", backoffInitialMs: 50 }, null],
  [{ ...usual, mode: "never", resetAfterMs: 50 }, null],
];

test.each(rows)("%j is shown as %j", (policy, text) => {
  const shown = shownPolicy(policy);
  expect(shown).toEqual(text ?? policy);
  expect(policyOf(shown)).toEqual(policy);
  if (text !== null) expect(text).toMatch(shownPolicyPattern);
});

test.each([
  ["Always", "always"],
  ["OnFailure", "on-failure"],
  ["Never", "never"],
  ["no", "never"],
  ["unless-stopped", "always"],
  ["on-failure:0", "on-failure"],
])("%s means %s", (written, mode) => {
  expect(shownPolicy(parseRestartPolicy(written))).toBe(mode);
});
