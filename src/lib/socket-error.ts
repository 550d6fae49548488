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
  ENOENT: "the socket does not exist",
  EACCES: "permission denied",
  EPERM: "permission denied",
};

/** "ECONNREFUSED" and the like; empty if the error has none. */
export function socketErrorCode(error: unknown): string {
  return (error as { code?: string } | null)?.code ?? "";
}

/** A clause such as "connection refused"; an error without a known code keeps its message. */
export function socketErrorMeaning(error: unknown): string {
  return meanings[socketErrorCode(error)] ?? (error instanceof Error ? error.message : String(error));
}
