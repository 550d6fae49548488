// Which contents a task or a revision names, and what a version holds: from the records, without the helpers of the commands, whose
// results are what the checkers verify.

import { unseal } from "../../lib/sealed.ts";
import { secretPurpose } from "../../model/secret/secret.ts";
import type { ContentReference } from "../../model/task/content-reference.ts";
import type { ContainerSpec } from "../../model/task/spec.ts";
import type { RunContext } from "../run/context.ts";
import type { Truth } from "../run/truth.ts";

type Kind = "config" | "secret";

export interface NamedContent {
  container: string;
  kind: Kind;
  /** Its place in the container's list: configs first. */
  index: number;
  reference: ContentReference;
}

/** All that containers name. */
export function namedBy({
  init,
  containers,
}: {
  init: readonly ContainerSpec[];
  containers: readonly ContainerSpec[];
}) {
  return [...init, ...containers].flatMap(({ name: container, configs = [], secrets = [] }): NamedContent[] => {
    const all = [
      ...configs.map((reference) => ({ kind: "config" as const, reference })),
      ...secrets.map((reference) => ({ kind: "secret" as const, reference })),
    ];
    return all.map((one, index) => ({ container, index, ...one }));
  });
}

/** The version that the reference stands for; null: always the newest. */
export function numberOf({ version, resolved }: ContentReference): number | null {
  return version ?? resolved ?? null;
}

export function newestOf({ state }: Truth, kind: Kind, name: string): number | undefined {
  const numbers = [...state.tables[kind].values()].flatMap((one) => (one.name === name ? [one.version] : []));
  return numbers.length === 0 ? undefined : Math.max(...numbers);
}

/** The content as text; null if there is no such version. */
export function textOf({ truth, master }: RunContext, kind: Kind, name: string, version: number): string | null {
  const id = `${name}.${version}`;
  if (kind === "config") {
    const config = truth.state.tables.config.get(id as never);
    return config ? Buffer.from(config.data, config.encoding).toString() : null;
  }
  const secret = truth.state.tables.secret.get(id as never);
  if (!secret) return null;
  for (const key of master.keys.all) {
    const bytes = unseal(key, secret.sealed, secretPurpose(name));
    if (bytes) return Buffer.from(bytes).toString();
  }
  return null;
}
