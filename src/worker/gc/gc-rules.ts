// What on an engine's disk may go, and why the rest stays. Pure: what there is, who uses it, what Podling made or pulled.

import { containerLabels } from "../../model/cluster.ts";
import { plainReference } from "../../model/image-reference.ts";
import type { CleanupCode } from "../../model/node/cleanup.ts";
import { isFinished } from "../../model/task/task.ts";
import type { ContainerUse, ImageState, VolumeState } from "../../runtime/runtime.ts";
import type { Identity } from "../data-dir/identity.ts";
import type { Assignment } from "../task/assignment.ts";
import type { PulledImages } from "./pulled-images.ts";

/** What the tasks of this node want now: names of images and volumes, each with the name of a task that wants it. */
export interface Wanted {
  images: ReadonlyMap<string, string>;
  volumes: ReadonlyMap<string, string>;
}

export function wantedBy(tasks: readonly Assignment[]): Wanted {
  const images = new Map<string, string>();
  const volumes = new Map<string, string>();
  for (const { name, image, mounts, desired, status } of tasks) {
    if (desired !== "running" || isFinished(status)) continue;
    images.set(plainReference(image), name);
    for (const { type, source } of mounts) if (type === "volume") volumes.set(source, name);
  }
  return { images, volumes };
}

export interface Verdict {
  code: Exclude<CleanupCode, "not-asked" | "refused">;
  message: string;
}

export type EvaluatedImage = ImageState & { verdict: Verdict; usedAt: number };

/** Those that may go first, unused for longest first; the others by name. Intermediate images of builds are left out. */
export function evaluateImages(
  images: readonly ImageState[],
  uses: readonly ContainerUse[],
  wanted: Wanted,
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
      verdict: judgeImage(image, users, parents, wanted, pulled, now),
    }))
    .sort(byUse);
}

function judgeImage(
  image: ImageState,
  users: ReadonlyMap<string, string>,
  parents: ReadonlySet<string | null>,
  wanted: Wanted,
  pulled: PulledImages,
  now: number,
): Verdict {
  const record = pulled.of(image);
  if (record === null) {
    const other = pulled.otherName(image);
    if (other === null) return { code: "not-ours", message: "Podling did not pull it" };
    return { code: "not-ours", message: `Podling pulled it, and somebody has named it ${other} since` };
  }
  const user = users.get(image.imageId);
  if (user !== undefined) return { code: "in-use", message: `container ${user} uses it` };
  if (parents.has(image.imageId)) return { code: "in-use", message: "another image was built upon it" };
  const task = image.names.map((name) => wanted.images.get(name)).find((name) => name !== undefined);
  if (task !== undefined) return { code: "in-use", message: `task ${task} wants it` };
  return { code: "unused", message: `Podling pulled it, and nothing has used it for ${spell(now - record.usedAt)}` };
}

function byUse(left: EvaluatedImage, right: EvaluatedImage): number {
  const goes = (image: EvaluatedImage) => image.verdict.code === "unused";
  if (goes(left) !== goes(right)) return goes(left) ? -1 : 1;
  if (goes(left) && left.usedAt !== right.usedAt) return left.usedAt - right.usedAt;
  const [before, after] = [nameOf(left), nameOf(right)];
  return before < after ? -1 : before > after ? 1 : left.imageId < right.imageId ? -1 : 1;
}

export function nameOf({ names, imageId }: ImageState): string {
  return names[0] ?? imageId.replace(/^sha256:/, "").slice(0, 12);
}

/** Only a volume that carries this node's labels may go: one that was there before its task has none. */
export function evaluateVolume(
  { name, labels }: VolumeState,
  uses: readonly ContainerUse[],
  wanted: Wanted,
  { clusterId, nodeId }: Identity,
): Verdict {
  const { [containerLabels.cluster]: cluster, [containerLabels.node]: node } = labels;
  if (cluster === undefined) return { code: "not-ours", message: "Podling did not make it" };
  if (cluster !== clusterId || node !== nodeId) {
    return { code: "not-ours", message: `Podling made it for another node or cluster (${node}, ${cluster})` };
  }
  const user = uses.find(({ volumes }) => volumes.includes(name));
  if (user) return { code: "in-use", message: `container ${user.name} uses it` };
  const task = wanted.volumes.get(name);
  if (task !== undefined) return { code: "in-use", message: `task ${task} wants it` };
  return { code: "unused", message: "Podling made it for a task, and no container uses it: its data goes with it" };
}

/** "40 s", "12 min", "3 h", "5 days" */
export function spell(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
