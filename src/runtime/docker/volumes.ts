// The volumes of an engine, over the Docker Engine API.

import { limits } from "../../model/limits.ts";
import { RuntimeError } from "../runtime-error.ts";
import type { VolumeState, Volumes } from "../volumes.ts";
import { type EngineHttp, removeUnused } from "./engine-http.ts";
import { VolumeContent } from "./volume-content.ts";

export class DockerVolumes implements Volumes {
  readonly #http: EngineHttp;
  readonly #content: VolumeContent;

  constructor(http: EngineHttp) {
    this.#http = http;
    this.#content = new VolumeContent(http);
  }

  async list(withSizes: boolean): Promise<VolumeState[]> {
    type EngineVolume = { Name: string; Labels: Record<string, string> | null };
    const { Volumes } = await this.#http.json<{ Volumes: EngineVolume[] | null }>("GET", "/volumes");
    const sizes = withSizes ? await this.#volumeSizes() : new Map<string, number>();
    return (Volumes ?? [])
      .map(({ Name, Labels }) => ({ name: Name, labels: Labels ?? {}, sizeBytes: sizes.get(Name) ?? null }))
      .sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  /** The engine adds up all files for it, so the wait is limited; without an answer the sizes are unknown. */
  async #volumeSizes(): Promise<Map<string, number>> {
    type EngineVolume = { Name: string; UsageData?: { Size: number } | null };
    // From API 1.52 on, and the only form from 1.53 on.
    type Usage = { Volumes?: EngineVolume[] | null; VolumeUsage?: { Items?: EngineVolume[] | null } | null };
    try {
      const verbose = (await this.#http.usesVersion("1.52")) ? "&verbose=1" : "";
      const response = await this.#http.call("GET", `/system/df?type=volume${verbose}`, {
        timeoutMs: limits.volumeSizesPatienceMs,
        long: true,
      });
      await this.#http.expectOk(response);
      const { Volumes, VolumeUsage } = (await response.json()) as Usage;
      const known = (VolumeUsage?.Items ?? Volumes ?? []).filter(({ UsageData }) => (UsageData?.Size ?? -1) >= 0);
      return new Map(known.map(({ Name, UsageData }) => [Name, UsageData!.Size]));
    } catch (error) {
      if (error instanceof RuntimeError) return new Map();
      throw error;
    }
  }

  remove(name: string): Promise<string | null> {
    return removeUnused(this.#http, `/volumes/${encodeURIComponent(name)}`);
  }

  archive(name: string, owner: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    return this.#content.archive(name, owner, signal);
  }

  async fill(
    name: string,
    labels: Readonly<Record<string, string>>,
    owner: string,
    archive: ReadableStream<Uint8Array>,
    signal: AbortSignal,
  ): Promise<void> {
    const response = await this.#http.call("POST", "/volumes/create", { body: { Name: name, Labels: labels } });
    await this.#http.expectOk(response);
    await response.arrayBuffer();
    try {
      await this.#content.unpack(name, owner, archive, signal);
    } catch (error) {
      await this.remove(name).catch(() => {});
      throw error;
    }
  }

  async removeHelpers(owner: string, volume: string | null): Promise<void> {
    for (const incomplete of await this.#content.removeHelpers(owner, volume)) await this.remove(incomplete);
  }
}
