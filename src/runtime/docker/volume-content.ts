// Reads and writes the files of a volume through a container that mounts it, and is started on Podman alone. Its image is made on
// the engine and holds one empty file, or the program of the sandbox, so that no registry and no program of a user is needed.

import { dockerArch } from "../../model/node/node.ts";
import { EngineRefused } from "../runtime-error.ts";
import type { EngineHttp } from "./engine-http.ts";
import { engineMessage } from "./errors.ts";
import { sandboxArchive } from "./sandbox-image.ts";

const image = "podling-volume-helper:1";
/** The container's label: the node that it works for. */
const helperLabel = "podling.volume-helper";
/** A label of helpers that write: the volume, which is incomplete while its helper is there. */
const fillLabel = "podling.volume-fill";
/** The entries of an archive of this folder begin with its name: so the archive has its owner and mode, too. */
const folder = "/volume";

export class VolumeContent {
  readonly #http: EngineHttp;

  constructor(http: EngineHttp) {
    this.#http = http;
  }

  async archive(volume: string, owner: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const containerId = await this.#createHelper(volume, { [helperLabel]: owner });
    const removed = () => this.#remove(containerId);
    try {
      const path = `/containers/${containerId}/archive?path=${folder}`;
      const response = await this.#http.call("GET", path, { signal, timeoutMs: null, long: true });
      await this.#http.expectOk(response);
      return whenOver(response.body!, removed);
    } catch (error) {
      await removed();
      throw error;
    }
  }

  async unpack(volume: string, owner: string, archive: ReadableStream<Uint8Array>, signal: AbortSignal): Promise<void> {
    const containerId = await this.#createHelper(volume, { [helperLabel]: owner, [fillLabel]: volume });
    try {
      const response = await this.#http.call("PUT", `/containers/${containerId}/archive?path=/`, {
        ...{ raw: archive, headers: { "content-type": "application/x-tar" }, signal, timeoutMs: null, long: true },
      });
      await this.#http.expectOk(response);
      await response.arrayBuffer();
    } finally {
      await this.#remove(containerId);
    }
  }

  /** The names of the volumes that they were filling. */
  async removeHelpers(owner: string, volume: string | null): Promise<string[]> {
    type Helper = { Id: string; Labels?: Record<string, string> | null; Mounts?: { Name?: string }[] };
    const filters = encodeURIComponent(JSON.stringify({ label: [`${helperLabel}=${owner}`] }));
    const found = await this.#http.json<Helper[]>("GET", `/containers/json?all=1&filters=${filters}`);
    const meant = found.filter(({ Mounts = [] }) => volume === null || Mounts.some(({ Name }) => Name === volume));
    for (const { Id } of meant) await this.#remove(Id);
    return meant.flatMap(({ Labels }) => Labels?.[fillLabel] ?? []);
  }

  async #createHelper(volume: string, labels: Record<string, string>): Promise<string> {
    const body = {
      Image: image,
      Cmd: ["/pause"],
      Labels: labels,
      HostConfig: {
        NetworkMode: "none",
        Mounts: [{ Type: "volume", Source: volume, Target: folder, VolumeOptions: { NoCopy: true } }],
      },
    };
    let response = await this.#http.call("POST", "/containers/create", { body });
    if (response.status === 404) {
      await response.arrayBuffer();
      await this.#makeImage();
      response = await this.#http.call("POST", "/containers/create", { body });
    }
    await this.#http.expectOk(response);
    const { Id } = (await response.json()) as { Id: string };
    // Podman 4.3.1 does not mount the volumes of a container that does not run: it writes beside them, and says nothing.
    if (await this.#http.isPodman()) await this.#start(Id);
    return Id;
  }

  async #start(containerId: string): Promise<void> {
    try {
      const response = await this.#http.call("POST", `/containers/${containerId}/start`);
      await this.#http.expectOk(response);
      await response.arrayBuffer();
    } catch (error) {
      await this.#remove(containerId);
      throw error;
    }
  }

  /** With the program that waits, where the engine is Podman. */
  async #imageArchive(): Promise<Uint8Array> {
    if (!(await this.#http.isPodman())) return emptyFileArchive();
    const { Arch } = await this.#http.json<{ Arch: string }>("GET", "/version");
    return sandboxArchive(dockerArch(Arch)) ?? emptyFileArchive();
  }

  async #makeImage(): Promise<void> {
    // The tag is a part of `repo`, because Podman 4.3.1 ignores `tag` of an import.
    const query = new URLSearchParams({ fromSrc: "-", repo: image });
    const headers = { "content-type": "application/x-tar" };
    const body = await this.#imageArchive();
    const response = await this.#http.call("POST", `/images/create?${query}`, { body, headers });
    const text = response.ok ? await response.text() : await engineMessage(response);
    if (!response.ok || text.includes('"error"'))
      throw new EngineRefused(`cannot make the image of volume helpers: ${text}`);
  }

  async #remove(containerId: string): Promise<void> {
    const response = await this.#http.call("DELETE", `/containers/${containerId}?force=1`);
    await response.arrayBuffer();
  }
}

/** The same stream; `then` runs after its end, an error, or a reader that stops. */
function whenOver(stream: ReadableStream<Uint8Array>, then: () => Promise<void>): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  const over = () => then().catch(() => {}); // the next work on a volume removes what is left
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) return controller.enqueue(value);
          await over();
          controller.close();
        } catch (error) {
          await over();
          controller.error(error);
        }
      },
      async cancel() {
        await reader.cancel().catch(() => {});
        await over();
      },
    },
    { highWaterMark: 0 },
  );
}

/** A tar archive with one empty file: a header, and two blocks of zeros. */
function emptyFileArchive(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(3 * 512);
  const write = (at: number, text: string) => bytes.set(new TextEncoder().encode(text), at);
  write(0, "empty");
  write(100, "0000644\0");
  for (const at of [108, 116]) write(at, "0000000\0");
  write(124, "00000000000\0");
  write(136, "00000000000\0");
  write(148, "        ");
  write(156, "0");
  write(257, "ustar\x0000");
  const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  write(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  return bytes;
}
