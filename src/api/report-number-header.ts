// The header by which a worker numbers its reports, each higher than the one before, for as long as its process runs. It is no field
// of the body, because masters of 0.1.0 refuse fields that they do not know. Workers of 0.1.0 do not send it.

export const reportNumberHeader = "podling-report-number";

/** Null if the request has none. */
export function reportNumberFrom(headers: Pick<Headers, "get">): number | null {
  const text = headers.get(reportNumberHeader);
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}
