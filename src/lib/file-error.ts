// What a failed access to a file means, in plain words: the system's own messages name its calls and codes.

const meanings: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  ENOTDIR: "a part of its path is no folder",
  EISDIR: "it is a folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EEXIST: "it exists already",
  EROFS: "the file system is read-only",
  ENOSPC: "no space left",
  EDQUOT: "no space left",
  EIO: "the disk reports an error",
  EMFILE: "too many files are open",
  ELOOP: "too many symbolic links",
  ENAMETOOLONG: "the name is too long",
};

/** A clause such as "no such file"; an error without a known code keeps its message. */
export function fileErrorMeaning(error: unknown): string {
  const code = (error as { code?: string } | null)?.code ?? "";
  return meanings[code] ?? (error instanceof Error ? error.message : String(error));
}
