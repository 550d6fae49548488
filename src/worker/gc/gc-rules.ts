// Which images and volumes on an engine's disk may be removed, and why the rest stays. Pure: it takes what is there, who
// uses it, and what Podling made or pulled.

import { containerLabels } from "../../model/cluster/cluster.ts";
import type { CleanupCode } from "../../model/node/cleanup.ts";
import type { ContainerUse } from "../../runtime/containers.ts";
import type { ImageState } from "../../runtime/images.ts";
import type { VolumeState } from "../../runtime/volumes.ts";
import type { NodeIdentity } from "../task/runner-context.ts";
import type { Needed } from "./needed.ts";
import type { PulledImages } from "./pulled-images.ts";

export interface Verdict {
  code: Exclude<CleanupCode, "not-asked" | "refused">;
  message: string;
}

export type EvaluatedImage = ImageState & { verdict: Verdict; usedAt: number };

/** Images that may be removed come first, unused for longest first; the others by name. Intermediate images of builds are left out. */
export function evaluateImages(
  images: readonly ImageState[],
  uses: readonly ContainerUse[],
  needed: Needed,
  pulled: PulledImages,
  now: number,
): EvaluatedImage[] {
  const parents = new Set(images.map(({ parentId }) => parentId));
  const users = new Map(uses.map(({ imageId, name }) => [imageId, name]));
  return images
    .filter((image) => image.names.length > 0 || !parents.has(image.imageId) || pulled.of(image) !== null)
    .map((image) => ({
      ...image,
      usedAt: pulled.of(image)?.usedAt ?? 0,
      verdict: evaluateImage(image, users, parents, needed, pulled, now),
    }))
    .sort(byUse);
}

function evaluateImage(
  image: ImageState,
  users: ReadonlyMap<string, string>,
  parents: ReadonlySet<string | null>,
  needed: Needed,
  pulled: PulledImages,
  now: number,
): Verdict {
  const record = pulled.of(image);
  if (record === null) {
    const other = pulled.otherName(image);
    if (other === null) return { code: "not-ours", message: "Podling did not pull it" };
    return { code: "not-ours", message: `Podling pulled it, and someone else has named it ${other} since` };
  }
  const user = users.get(image.imageId);
  if (user !== undefined) return { code: "in-use", message: `container ${user} uses it` };
  if (parents.has(image.imageId)) return { code: "in-use", message: "another image was built upon it" };
  const task = image.names.map((name) => needed.images.get(name)).find((name) => name !== undefined);
  if (task !== undefined) return { code: "in-use", message: `task ${task} needs it` };
  return {
    code: "unused",
    message: `Podling pulled it, and nothing has used it for ${formatDuration(now - record.usedAt)}`,
  };
}

function byUse(left: EvaluatedImage, right: EvaluatedImage): number {
  const mayGo = (image: EvaluatedImage) => image.verdict.code === "unused";
  if (mayGo(left) !== mayGo(right)) return mayGo(left) ? -1 : 1;
  if (mayGo(left) && left.usedAt !== right.usedAt) return left.usedAt - right.usedAt;
  const [before, after] = [nameOf(left), nameOf(right)];
  return before < after ? -1 : before > after ? 1 : left.imageId < right.imageId ? -1 : 1;
}

export function nameOf({ names, imageId }: ImageState): string {
  return names[0] ?? imageId.replace(/^sha256:/, "").slice(0, 12);
}

/** Only a volume with the labels of this node may be removed: a volume that was there before its task has no labels. */
export function evaluateVolume(
  { name, labels }: VolumeState,
  uses: readonly ContainerUse[],
  needed: Needed,
  { clusterId, nodeId }: NodeIdentity,
): Verdict {
  const { [containerLabels.cluster]: cluster, [containerLabels.node]: node } = labels;
  if (cluster === undefined) return { code: "not-ours", message: "Podling did not make it" };
  if (cluster !== clusterId || node !== nodeId) {
    return { code: "not-ours", message: `Podling made it for another node or cluster (${node}, ${cluster})` };
  }
  const user = uses.find(({ volumes }) => volumes.includes(name));
  if (user) return { code: "in-use", message: `container ${user.name} uses it` };
  const task = needed.volumes.get(name);
  if (task !== undefined) return { code: "in-use", message: `task ${task} needs it` };
  return {
    code: "unused",
    message: "Podling made it for a task, and no container uses it: its data is removed with it",
  };
}

/** "40 s", "12 min", "3 h", "5 days" */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
