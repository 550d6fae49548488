// What the tags of a revision's images stood for when it was made: its tasks get the images of these digests, so that a tag
// that moves changes no replica.

import type { z } from "zod";
import type { DeepReadonly } from "../../lib/readonly.ts";
import { imagesOf, type PackedContainer, type PackedSpec, packSpec, type TaskSpec } from "../task/spec.ts";
import type * as schema from "./schema.ts";
import type { Revision } from "./service.ts";

export type ResolvedImage = DeepReadonly<z.output<typeof schema.resolvedImage>>;
/** What a tag stands for now. */
export type ImageDigest = Omit<ResolvedImage, "image">;

const digestPattern = /^sha256:[0-9a-f]{64}$/;

export function isDigest(text: unknown): text is string {
  return typeof text === "string" && digestPattern.test(text);
}

/** The images of a template that have no digest of their own and may be pulled; each once. */
export function imagesToResolve({ containers, init }: Pick<TaskSpec, "containers" | "init">): string[] {
  const pulled = [...init, ...containers].filter(({ pullPolicy }) => pullPolicy !== "never");
  return [...new Set(imagesOf({ containers: pulled, init: [] }))].filter((image) => !image.includes("@"));
}

const pinned = new WeakMap<Revision, PackedSpec>();

/** The template that the tasks of a revision get. The same object for each of them. */
export function pinnedSpec(revision: Revision): PackedSpec {
  let spec = pinned.get(revision);
  if (!spec) {
    spec = withDigests(packSpec(revision.spec), revision.images ?? []);
    pinned.set(revision, spec);
  }
  return spec;
}

function withDigests(spec: PackedSpec, images: readonly ResolvedImage[]): PackedSpec {
  const known = new Map(images.flatMap(({ image, digest }) => (digest === null ? [] : [[image, digest] as const])));
  if (known.size === 0) return spec;
  const pin = (container: PackedContainer): PackedContainer => {
    const digest = container.pullPolicy === "never" ? undefined : known.get(container.image);
    return digest === undefined ? container : { ...container, image: `${container.image}@${digest}` };
  };
  const containers = spec.containers.map(pin);
  return { ...spec, containers, ...(spec.init ? { init: spec.init.map(pin) } : {}) };
}
