// The header by which the master gives a worker the login to a registry with a request that needs it once. It is no part of the
// address: addresses are written to logs. The lengths that a login may have keep it within what a server takes as headers.

export const registryLoginHeader = "podling-registry-login";

export interface SentLogin {
  readonly username: string;
  readonly password: string;
}

export function encodeLogin({ username, password }: SentLogin): string {
  return [username, password].map((text) => Buffer.from(text).toString("base64url")).join(".");
}

/** Null if the request has none, or one that cannot be read. */
export function loginFrom(headers: Pick<Headers, "get">): SentLogin | null {
  const [, username, password] = /^([\w-]*)\.([\w-]*)$/.exec(headers.get(registryLoginHeader) ?? "") ?? [];
  if (username === undefined || password === undefined) return null;
  const decoded = (text: string) => Buffer.from(text, "base64url").toString();
  return { username: decoded(username), password: decoded(password) };
}
