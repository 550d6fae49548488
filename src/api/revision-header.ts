// The header by which a master tells a worker the revision of its log that a request about a volume belongs to: a removal that
// comes late is older than the data that it would take. It is no query parameter, because earlier workers would refuse it.

export const revisionHeader = "podling-revision";

/** Null if the request has none, or one that cannot be read. */
export function revisionFrom(headers: Pick<Headers, "get">): number | null {
  const text = headers.get(revisionHeader) ?? "";
  return /^\d{1,16}$/.test(text) ? Number(text) : null;
}
