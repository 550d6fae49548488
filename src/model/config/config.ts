// Configs: named files that the master keeps, in numbered versions. A version never changes; another content is another version.

import type { z } from "zod";
import type { DeepReadonly } from "../../lib/readonly.ts";
import type * as schema from "./schema.ts";

/** `nginx.conf.3`: the name, and the number of the version. */
export type ConfigId = string & { readonly kind: "config" };

export type Config = DeepReadonly<z.output<typeof schema.config>>;
export type ConfigView = DeepReadonly<z.output<typeof schema.configView>>;
export type ConfigContent = DeepReadonly<z.output<typeof schema.configContent>>;
export type Encoding = Config["encoding"];

/** The kinds whose records are versions of a content that containers get. */
export type ContentKind = "config" | "secret";

export function configId({ name, version }: Pick<Config, "name" | "version">): ConfigId {
  return `${name}.${version}` as ConfigId;
}

/** What leaves the master in lists and events: a content may have 500 kB. */
export function viewConfig({ data: _, encoding: __, ...config }: Config): ConfigView {
  return config;
}

export function bytesOf(data: string, encoding: Encoding): Uint8Array {
  return Buffer.from(data, encoding);
}

/** As text where the bytes are text that can be sent and shown, else in base64. */
export function encodedOf(bytes: Uint8Array): { data: string; encoding: Encoding } {
  const text = textOf(bytes);
  if (text !== null) return { data: text, encoding: "utf8" };
  return { data: Buffer.from(bytes).toString("base64"), encoding: "base64" };
}

function textOf(bytes: Uint8Array): string | null {
  if (bytes.includes(0)) return null;
  try {
    // A byte order mark is a part of the content.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
