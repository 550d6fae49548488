// The port to files. The command line hands in the disk, tests hand in a map of texts.

export type ReadFile =
  | { found: true; bytes: Uint8Array }
  /** `why` is the end of a sentence; null if there is no such file. */
  | { found: false; why: string | null };

export interface Reader {
  /** `path` is relative to the working folder, or absolute; "-" is stdin. Never rejects. */
  read(path: string): Promise<ReadFile>;
}
