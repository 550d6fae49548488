// Who asked for a command. The master fills it in from the request or from its own timer; nothing decides by it.

export interface Origin {
  /** user: a person or a program at the API. node: a worker. system: the master itself. */
  kind: "user" | "node" | "system";
  /** `USER@HOST` as the client declares it (unchecked), a node id or a hostname, or the master's part that asked. */
  name: string;
  /** From the header X-Request-Id; left out if the client sent none. */
  requestId?: string;
}

/** A client that does not say who uses it. */
export const unnamedUser = "anonymous";

/** The master's own parts that submit commands; "reconciler" stands for those that need none. */
export function systemOrigin(
  name: "start" | "timer" | "journal-probe" | "node-health" | "reconciler" | "volumes",
): Origin {
  return { kind: "system", name };
}

/** As the log keeps it: "user:anna@laptop", "node:20250119123456-xyz98765", "system:node-health". */
export function originText({ kind, name }: Origin): string {
  return `${kind}:${name}`;
}

/** The origin that originText() wrote, with the request id that is kept beside it. */
export function originOfText(text: string, requestId: string | undefined): Origin {
  const colon = text.indexOf(":");
  const kind = text.slice(0, colon) as Origin["kind"];
  const name = text.slice(colon + 1);
  return requestId === undefined ? { kind, name } : { kind, name, requestId };
}
