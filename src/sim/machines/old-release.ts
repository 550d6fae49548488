// The wire of a worker of release 0.1.0, the first: it is told nothing that came later, and what it says is stripped of it
// as well. The worker at this end of it is of today, and must live with what it gets.

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Fields of answers that release did not know, by the end of the path. */
const laterFields: { path: RegExp; answer: readonly string[] }[] = [
  { path: /\/heartbeat$/, answer: ["reconnectWithinMs", "engineError", "streamOpen"] },
  { path: /\/nodes$/, answer: ["suspect", "flapping"] },
];

export function ofFirstRelease(fetch: Fetch): Fetch {
  return async (url, init) => {
    const response = await fetch(url, { ...init, ...(url.endsWith("/status") ? { body: stripped(init.body) } : {}) });
    const later = laterFields.find(({ path }) => path.test(new URL(url).pathname));
    if (!later || !response.ok || init.method === "GET") return response;
    const body = (await response.json()) as Record<string, unknown>;
    for (const field of later.answer) delete body[field];
    return Response.json(body, { status: response.status });
  };
}

/** A report without what it could not have said. */
function stripped(body: RequestInit["body"]): string {
  const { lastFailure: _, ...report } = JSON.parse(body as string) as Record<string, unknown>;
  return JSON.stringify(report);
}
