// Requests and answers in JSON, for the processes and engines of a lab.

export interface JsonRequest {
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** Starts with a slash, and may carry a query. */
  path: string;
  body?: unknown;
  /** In the error message: " on n1"; left out: nothing. */
  where?: string;
}

/** The answer, null if it is empty. Throws the answer's text unless its status is 2xx. */
export async function jsonRequest<T>(
  fetch: (path: string, init: RequestInit) => Promise<Response>,
  { method, path, body, where = "" }: JsonRequest,
): Promise<T> {
  const init: RequestInit = { method };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { "content-type": "application/json" };
  }
  const answer = await fetch(path, init);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}${where}: ${answer.status} ${text.trim()}`);
  return (text === "" ? null : JSON.parse(text)) as T;
}
