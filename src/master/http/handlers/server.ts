// The handlers about the master itself.

import { docsPage } from "../../../api/openapi/docs-page.ts";
import { openapi } from "../../../api/openapi/openapi.ts";
import type { Health } from "../../../api/operations/operations.ts";
import type { serverOperations } from "../../../api/operations/server.ts";
import type { HandlersOf } from "../../../api/server/call.ts";
import { ok } from "../../../lib/result.ts";
import { refuse } from "../../../model/refusal.ts";
import { renderMetrics } from "../metrics.ts";
import type { HandlerContext } from "./context.ts";

export function serverHandlers({ loop, version, metrics }: HandlerContext): HandlersOf<typeof serverOperations> {
  const health = (): Health =>
    loop.journalError === null
      ? { service: "podling-master", status: "ok", message: "" }
      : { service: "podling-master", status: "degraded", message: `the journal cannot write: ${loop.journalError}` };
  return {
    health: () => ok(health()),
    ready: () => {
      const now = health();
      if (now.status === "ok") return ok(now);
      return refuse("journal-unavailable", now.message, {
        hint: `Reads and streams keep working. ${loop.journalHint}`,
      });
    },
    version: () => ok(version),
    metrics: () => ok(renderMetrics(metrics)),
    openapi: async () => ok(await openapi(version.version)),
    docs: () => ok(docsPage()),
  };
}
