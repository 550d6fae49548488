// What lies on an engine's disk, over the Docker Engine API: images, volumes, and who holds on to them. Nothing is ever
// removed by force: where a container still needs a thing, the engine refuses, and that is the answer.

import { statfs } from "node:fs/promises";
import { plainReference, splitReference } from "../../model/image-reference.ts";
import { limits } from "../../model/limits.ts";
import type { DiskUsage } from "../../model/node/cleanup.ts";
import { type ContainerUse, type ImageState, type PulledImage, RuntimeError, type VolumeState } from "../runtime.ts";
import type { EngineHttp } from "./engine-http.ts";
import { engineMessage } from "./errors.ts";

/** The usage of the file system that holds this path; null where there is no such path. */
export type DiskReading = (path: string) => Promise<DiskUsage | null>;

/** Of an image: what it is called, and by which bytes it is known. */
interface EngineImage {
  Id: string;
  RepoTags: string[] | null;
  RepoDigests: string[] | null;
  Size: number;
  ParentId?: string;
}

export class DockerStorage {
  readonly #http: EngineHttp;
  readonly #readDisk: DiskReading;
  #dataRoot: string | null = null;

  constructor(http: EngineHttp, readDisk: DiskReading) {
    this.#http = http;
    this.#readDisk = readDisk;
  }

  async images(): Promise<ImageState[]> {
    // Also intermediate ones: only they tell what is built upon what.
    const found = await this.#http.json<EngineImage[]>("GET", "/images/json?all=1");
    return found
      .map((image) => ({
        imageId: image.Id,
        names: namesOf(image),
        sizeBytes: image.Size,
        parentId: image.ParentId || null,
      }))
      .sort((left, right) => (left.imageId < right.imageId ? -1 : 1));
  }

  async image(reference: string): Promise<{ imageId: string; names: string[]; sizeBytes: number } | null> {
    const response = await this.#http.call("GET", `/images/${encodeURIComponent(reference)}/json`);
    if (response.status === 404) {
      await response.arrayBuffer();
      return null;
    }
    await this.#http.expectOk(response);
    const image = (await response.json()) as EngineImage;
    return { imageId: image.Id, names: namesOf(image), sizeBytes: image.Size };
  }

  /** Runs a pull of this reference, and says what it has changed. */
  async bringing(reference: string, pull: () => Promise<void>): Promise<PulledImage | null> {
    const ids = new Set((await this.images()).map(({ imageId }) => imageId));
    const before = await this.image(reference);
    await pull();
    const after = await this.image(reference);
    if (after === null || after.imageId === before?.imageId) return null;
    return { imageId: after.imageId, sizeBytes: after.sizeBytes, isNew: !ids.has(after.imageId) };
  }

  async removeImage(imageId: string, names: readonly string[]): Promise<string | null> {
    const found = await this.image(imageId);
    if (found === null) return null;
    const other = found.names.find((name) => !names.includes(name));
    if (other !== undefined) return `it is also called ${other}`;
    // An engine removes an image by its id only where one tag is left; by its id, because a tag may move any time.
    const tags = found.names.filter((name) => !name.includes("@"));
    for (const tag of tags.slice(1)) {
      if ((await this.image(tag))?.imageId !== imageId) continue;
      const kept = await this.#remove(`/images/${encodeURIComponent(tag)}?noprune=1`);
      if (kept !== null) return kept;
    }
    return this.#remove(`/images/${encodeURIComponent(imageId)}?noprune=1`);
  }

  async volumes(withSizes: boolean): Promise<VolumeState[]> {
    type EngineVolume = { Name: string; Labels: Record<string, string> | null };
    const { Volumes } = await this.#http.json<{ Volumes: EngineVolume[] | null }>("GET", "/volumes");
    const sizes = withSizes ? await this.#volumeSizes() : new Map<string, number>();
    return (Volumes ?? [])
      .map(({ Name, Labels }) => ({ name: Name, labels: Labels ?? {}, sizeBytes: sizes.get(Name) ?? null }))
      .sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  /** The engine adds up files for it, so there is a limit; without an answer the sizes are not known. */
  async #volumeSizes(): Promise<Map<string, number>> {
    type EngineVolume = { Name: string; UsageData?: { Size: number } | null };
    try {
      const response = await this.#http.call("GET", "/system/df?type=volume", {
        timeoutMs: limits.volumeSizesPatienceMs,
        long: true,
      });
      await this.#http.expectOk(response);
      const { Volumes } = (await response.json()) as { Volumes: EngineVolume[] | null };
      const known = (Volumes ?? []).filter(({ UsageData }) => (UsageData?.Size ?? -1) >= 0);
      return new Map(known.map(({ Name, UsageData }) => [Name, UsageData!.Size]));
    } catch (error) {
      if (error instanceof RuntimeError) return new Map();
      throw error;
    }
  }

  removeVolume(name: string): Promise<string | null> {
    return this.#remove(`/volumes/${encodeURIComponent(name)}`);
  }

  async uses(): Promise<ContainerUse[]> {
    type Listed = { Id: string; Names: string[]; ImageID: string; Mounts?: { Type: string; Name?: string }[] };
    const found = await this.#http.json<Listed[]>("GET", "/containers/json?all=1");
    return found.map(({ Id, Names, ImageID, Mounts }) => ({
      containerId: Id,
      name: Names[0]?.replace(/^\//, "") ?? Id,
      imageId: ImageID,
      volumes: (Mounts ?? []).flatMap(({ Type, Name }) => (Type === "volume" && Name ? [Name] : [])),
    }));
  }

  async disk(): Promise<DiskUsage | null> {
    // Over TCP the engine is most likely on another machine, and its path would be read on this one.
    if (!this.#http.host.startsWith("unix://")) return null;
    this.#dataRoot ??= (await this.#http.json<{ DockerRootDir?: string }>("GET", "/info")).DockerRootDir ?? "";
    return this.#dataRoot === "" ? null : this.#readDisk(this.#dataRoot);
  }

  async #remove(path: string): Promise<string | null> {
    const response = await this.#http.call("DELETE", path, { timeoutMs: limits.removePatienceMs, long: true });
    if (response.ok || response.status === 404) {
      await response.arrayBuffer();
      return null;
    }
    if (response.status === 409) return `the engine keeps it: ${await engineMessage(response)}`;
    await this.#http.expectOk(response);
    return null;
  }
}

/** As df counts: what root keeps back for itself is neither used nor free. */
export async function readDisk(path: string): Promise<DiskUsage | null> {
  try {
    const { bsize, blocks, bfree, bavail } = await statfs(path);
    const usedBytes = (blocks - bfree) * bsize;
    return { path, usedBytes, totalBytes: usedBytes + bavail * bsize };
  } catch {
    return null; // in a container of its own, or not allowed to look: then it cannot be seen from here
  }
}

/** Tags, and those digests that no tag of the same name stands for. */
function namesOf({ RepoTags, RepoDigests }: EngineImage): string[] {
  const real = (names: string[] | null) => (names ?? []).filter((name) => !name.startsWith("<none>"));
  const tags = real(RepoTags).map(plainReference);
  const tagged = new Set(tags.map((tag) => splitReference(tag).name));
  const digests = real(RepoDigests)
    .map(plainReference)
    .filter((digest) => !tagged.has(splitReference(digest).name));
  return [...new Set([...tags, ...digests])].sort();
}
