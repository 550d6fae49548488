// The name of a user of this machine.

/** `read` gives the text of /etc/passwd, or throws. "uid-1000" if the user has no name there, as in many containers. */
export function userNameOf(uid: number, read: () => string): string {
  try {
    const users = read().split("\n");
    const name = users.map((line) => line.split(":")).find((fields) => fields[2] === String(uid))?.[0];
    if (name) return name;
  } catch {
    // There is no such file.
  }
  return `uid-${uid}`;
}
