// The port to the key with which a cluster's secrets are sealed. It lies apart from the data folder, so that neither the folder
// nor a backup opens a secret.

/** The key and where it lies, or why it cannot be had, as a clause: "the key file /etc/podling/master.key is missing". */
export type FoundKey =
  | { readonly key: Uint8Array; readonly place: string }
  | { readonly problem: string; readonly isMissing: boolean };

export interface Keys {
  /** The key as it is now. */
  find(): FoundKey;
  /** The key; a fresh one is made if there is none. */
  findOrMake(): FoundKey;
  /** Bytes that are never used twice, for sealing one text. */
  nonce(): Uint8Array;
}
