// Restart policies as text: "never", "on-failure", "on-failure:3", "always". Users write this form, and the API shows it
// unless a policy has times of its own. Workers get the object.

import { type RestartPolicy, specDefaults } from "./spec.ts";

/** What a user may write. */
export const restartPolicyPattern = /^(never|no|always|unless-stopped|on-?failure(:\d{1,6})?)$/i;

/** What the API shows. */
export const shownPolicyPattern = /^(never|always|on-failure(:\d+)?)$/;

/** `text` must have the pattern. Case does not matter: Always, OnFailure and Never are understood. */
export function parseRestartPolicy(text: string): RestartPolicy {
  const [mode, max] = text.toLowerCase().split(":");
  if (mode === "never" || mode === "no") return specDefaults.restartPolicy;
  return {
    ...specDefaults.restartPolicy,
    mode: mode === "always" || mode === "unless-stopped" ? "always" : "on-failure",
    // As in docker, on-failure:0 has no limit.
    maxRestarts: Number(max ?? 0) || null,
  };
}

/** As text where that says all; else the policy itself. */
export function shownPolicy(policy: RestartPolicy): RestartPolicy | string {
  const { mode, maxRestarts, backoffInitialMs, backoffMaxMs, resetAfterMs } = policy;
  const usual = specDefaults.restartPolicy;
  const hasOwnTimes =
    backoffInitialMs !== usual.backoffInitialMs ||
    backoffMaxMs !== usual.backoffMaxMs ||
    resetAfterMs !== usual.resetAfterMs;
  if (hasOwnTimes) return policy;
  if (maxRestarts === null) return mode;
  return mode === "on-failure" && maxRestarts > 0 ? `${mode}:${maxRestarts}` : policy;
}

/** The policy that the API shows in either form. */
export function policyOf(shown: RestartPolicy | string): RestartPolicy {
  return typeof shown === "string" ? parseRestartPolicy(shown) : shown;
}
