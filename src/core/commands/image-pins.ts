// What the tags of a service's images stand for, as the revisions of the service have it.

import { imagesToResolve, type ResolvedImage } from "../../model/service/pinned.ts";
import type { PackedRevision } from "../../model/service/service.ts";
import { type PackedSpec, unpackSpec } from "../../model/task/spec.ts";
/** What the tags of a template stand for: as has just been found, or else as the revision before has it. */
export function resolvedIn(
  spec: PackedSpec,
  found: readonly ResolvedImage[],
  before: readonly ResolvedImage[] = [],
): Pick<PackedRevision, "images"> {
  const images = imagesToResolve(unpackSpec(spec)).flatMap((image) => {
    const now = found.find((one) => one.image === image);
    const then = before.find((one) => one.image === image);
    // A registry that does not answer takes no pin away.
    const known = now?.digest === null && then ? then : (now ?? then);
    return known ? [known] : [];
  });
  return images.length > 0 ? { images } : {};
}

/** An image whose tag stands for something else than in the wanted revision. */
export function movedImage(before: readonly ResolvedImage[] = [], found: readonly ResolvedImage[]): string | undefined {
  const moved = found.find(({ image, digest }) => {
    const then = before.find((one) => one.image === image);
    return then !== undefined && digest !== null && then.digest !== digest;
  });
  return moved?.image;
}
