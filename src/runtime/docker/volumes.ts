// The volumes of an engine, over the Docker Engine API.

import { limits } from "../../model/limits.ts";
import { RuntimeError } from "../runtime-error.ts";
import type { VolumeState, Volumes } from "../volumes.ts";
import { type EngineHttp, removeUnused } from "./engine-http.ts";

export class DockerVolumes implements Volumes {
  readonly #http: EngineHttp;

  constructor(http: EngineHttp) {
    this.#http = http;
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
}
