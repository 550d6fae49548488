// Services by labels: which tasks they select. Such a service owns no replicas and has no revision.

import { namespaceOf } from "../task/pod-view.ts";
import type { Task } from "../task/task.ts";
import type { Service } from "./service.ts";

/** A service with a selector. */
export interface SelectorService extends Service {
  readonly mode: { readonly type: "selector" };
  readonly selector: NonNullable<Service["selector"]>;
  readonly namespace: string;
}

/** False for a service that owns replicas: it has a revision, and a template for them. */
export function hasSelector(service: Service): service is SelectorService {
  return service.mode.type === "selector";
}

export function selects({ selector, namespace }: Pick<SelectorService, "selector" | "namespace">, task: Task): boolean {
  const { labels } = task.spec;
  for (const key in selector) if (labels[key] !== selector[key]) return false;
  return namespaceOf(task) === namespace;
}
