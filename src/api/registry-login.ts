// The header by which the master gives a worker the login to a registry with a request that needs it once. It is no part of the
// address: addresses are written to logs.

export const registryLoginHeader = "podling-registry-login";

export interface SentLogin {
  readonly username: string;
  readonly password: string;
}

export function encodeLogin({ username, password }: SentLogin): string {
  return Buffer.from(JSON.stringify({ username, password })).toString("base64url");
}

/** Null if the request has none, or one that cannot be read. */
export function loginFrom(headers: Pick<Headers, "get">): SentLogin | null {
  const text = headers.get(registryLoginHeader);
  if (text === null) return null;
  try {
    const { username, password } = JSON.parse(Buffer.from(text, "base64url").toString()) as Partial<SentLogin>;
    return typeof username === "string" && typeof password === "string" ? { username, password } : null;
  } catch {
    return null;
  }
}
