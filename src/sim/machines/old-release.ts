// The messages of a worker of release 0.1.0: answers lose the fields that came later, and so do its requests. The worker
// itself is today's code, and must work with what it gets.

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Fields of answers that did not exist then, by the end of the path. */
const laterFields: { path: RegExp; answer: readonly string[] }[] = [
  { path: /\/heartbeat$/, answer: ["reconnectWithinMs", "engineError", "streamOpen"] },
  { path: /\/nodes$/, answer: ["suspect", "flapping", "features", "policy"] },
];

export function ofFirstRelease(fetch: Fetch): Fetch {
  return async (url, init) => {
    const response = await fetch(url, { ...init, ...changes(url, init) });
    const later = laterFields.find(({ path }) => path.test(new URL(url).pathname));
    if (!later || !response.ok || init.method === "GET") return response;
    const body = (await response.json()) as Record<string, unknown>;
    for (const field of later.answer) delete body[field];
    return Response.json(body, { status: response.status });
  };
}

/** What it sends in another form: registrations without later headers and fields, reports without later fields, and heartbeats with an empty object as their body. */
function changes(url: string, { body, headers }: RequestInit): Partial<RequestInit> {
  if (url.endsWith("/register"))
    return { headers: { "content-type": "application/json" }, body: withoutFields(body, ["features", "policy"]) };
  if (url.endsWith("/status")) return { body: withoutFields(body, ["lastFailure"]) };
  if (!url.endsWith("/heartbeat") || body !== undefined) return {};
  return { body: "{}", headers: { ...(headers as Record<string, string>), "content-type": "application/json" } };
}

function withoutFields(body: RequestInit["body"], fields: readonly string[]): string {
  const sent = JSON.parse(body as string) as Record<string, unknown>;
  for (const field of fields) delete sent[field];
  return JSON.stringify(sent);
}
