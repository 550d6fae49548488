// Seals what becomes a command and opens what goes to a worker, with the key of the cluster. Everything between the two holds
// sealed texts only.

import type { ClusterState } from "../../core/state/cluster-state.ts";
import type { Keys } from "../../keys/keys.ts";
import { ok } from "../../lib/result.ts";
import { keyIdOf, type Sealed, seal, unseal } from "../../lib/sealed.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import type { KeyReport } from "../../model/secret/secret.ts";

/** The bytes, or why they cannot be had, as the end of "its secret NAME ...". */
export type Opened = { bytes: Uint8Array } | { problem: string };

const noKeys = "this master was started without a key";

export class Vault {
  readonly #state: ClusterState;
  readonly #keys: Keys | null;

  constructor(state: ClusterState, keys: Keys | null) {
    this.#state = state;
    this.#keys = keys;
  }

  /** Makes the key if nothing is sealed yet: a fresh one beside texts of a lost one would hide the loss. */
  seal(bytes: Uint8Array, purpose: string): Outcome<Sealed> {
    const keys = this.#keys;
    const sealed = this.#anySealed;
    const found = keys === null ? { problem: noKeys } : sealed ? keys.find() : keys.findOrMake();
    if ("problem" in found) return noKey(found.problem, sealed !== undefined);
    if (sealed && sealed.keyId !== keyIdOf(found.key))
      return noKey("the key file has another key than the one that sealed what the cluster has", true);
    return ok(seal(found.key, keys!.nonce(), bytes, purpose));
  }

  open(sealed: Sealed, purpose: string): Opened {
    const found = this.#keys?.find() ?? { problem: noKeys };
    if ("problem" in found) return { problem: `cannot be opened: ${found.problem}` };
    if (keyIdOf(found.key) !== sealed.keyId)
      return { problem: "cannot be opened: the key file has another key than the one that sealed it" };
    const bytes = unseal(found.key, sealed, purpose);
    return bytes ? { bytes } : { problem: "cannot be opened: its sealed text was changed" };
  }

  report(): KeyReport {
    const { secret, credential } = this.#state.tables;
    const sealed = secret.size + credential.size;
    const found = this.#keys?.find() ?? { problem: noKeys };
    const place = "key" in found ? found.place : null;
    if (sealed === 0) return { status: "unused", sealed, place, message: "nothing is sealed" };
    const what = `${sealed} ${sealed === 1 ? "secret or login" : "secrets and logins"}`;
    if (!("key" in found))
      return {
        status: "missing",
        sealed,
        place,
        // The problem may end with a command.
        message: `${what} ${sealed === 1 ? "needs" : "need"} the key, and ${found.problem}`,
      };
    if (keyIdOf(found.key) === this.#anySealed?.keyId)
      return { status: "present", sealed, place, message: `${what} can be opened with ${place}` };
    return { status: "other", sealed, place, message: `${place} has another key than the one that sealed ${what}` };
  }

  /** Undefined if nothing is sealed. */
  get #anySealed(): Sealed | undefined {
    const { secret, credential } = this.#state.tables;
    return (secret.values().next().value ?? credential.values().next().value)?.sealed;
  }
}

function noKey(problem: string, hasSealed: boolean): Outcome<never> {
  const hint = hasSealed
    ? "Put the key file back that the secrets were sealed with, or name it with --key-file of podling master."
    : "Name a file that the master may write: podling master --key-file FILE.";
  return refuse("key-unavailable", `nothing can be sealed: ${problem}`, { hint });
}
