// What a failed connection means, in plain words: the platform's own messages guess ("Was there a typo in the url?").

const meanings: Record<string, string> = {
  ECONNREFUSED: "connection refused",
  ConnectionRefused: "connection refused",
  ENOTFOUND: "no such host, or nothing listens there",
  FailedToOpenSocket: "no such host, or nothing listens there",
  ECONNRESET: "the connection was closed",
  ConnectionClosed: "the connection was closed",
  EHOSTUNREACH: "no route to the host",
  ENETUNREACH: "the network is unreachable",
  ETIMEDOUT: "no answer",
  ConnectionTimeout: "no answer",
  EPIPE: "the connection was closed",
  ECONNABORTED: "the connection was closed",
  EADDRNOTAVAIL: "the address cannot be used from this machine",
  EINVAL: "the address cannot be used",
  EAI_AGAIN: "the name cannot be looked up",
  DNSResolutionFailed: "the name cannot be looked up",
  ENOENT: "the socket does not exist",
  EACCES: "permission denied",
  EPERM: "permission denied",
};

/** "ECONNREFUSED" and the like; empty if the error has none. */
export function socketErrorCode(error: unknown): string {
  return (error as { code?: string } | null)?.code ?? "";
}

/** What the platform says where it only guesses. */
const guesses = /typo in the url|computer able to access|socket connection was closed|verbose: true|fetch\(\)/i;

/** A clause such as "connection refused"; an error without a known code keeps its message, unless that is a guess. */
export function socketErrorMeaning(error: unknown): string {
  const code = socketErrorCode(error);
  const known = meanings[code];
  if (known !== undefined) return known;
  const message = error instanceof Error ? error.message : String(error);
  if (!guesses.test(message)) return message;
  return code === "" ? "no connection" : `no connection (${code})`;
}
