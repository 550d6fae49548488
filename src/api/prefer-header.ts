// The header with which a client says how much of an answer it wants (RFC 7240). Workers of Podling ask for the short answer to
// a heartbeat; every other client gets the node with it.

export const shortAnswer = { prefer: "return=minimal" } as const;

export function wantsShortAnswer(headers: Pick<Headers, "get">): boolean {
  return headers.get("prefer") === shortAnswer.prefer;
}
