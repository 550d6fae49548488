// The images of an engine, over the Docker Engine API. None is removed by force: if a container still uses an image, the
// engine refuses, and that is the answer.

import { plainReference, splitReference } from "../../model/image-reference.ts";
import { limits } from "../../model/limits.ts";
import { dockerArch } from "../../model/node/node.ts";
import { formatMemory } from "../../model/quantity.ts";
import { registryName, registryOf } from "../../model/registry.ts";
import type { ImageDigest } from "../../model/service/pinned.ts";
import type { PullPolicy } from "../../model/task/spec.ts";
import { type ImageState, type Images, type PulledImage, type RegistryLogin, sandboxImage } from "../images.ts";
import { RuntimeError } from "../runtime-error.ts";
import { type Credentials, headerOf } from "./credentials.ts";
import { type EngineHttp, removeUnused, Silence } from "./engine-http.ts";
import { createError, engineMessage, pullError } from "./errors.ts";
import { sandboxArchive } from "./sandbox-image.ts";
import { readLines } from "./streams.ts";

/** Of an image: its names, and the id of its content. */
interface EngineImage {
  Id: string;
  RepoTags: string[] | null;
  RepoDigests: string[] | null;
  Size: number;
  ParentId?: string;
}

interface FoundImage {
  imageId: string;
  names: string[];
  sizeBytes: number;
  /** "nginx@sha256:...", one for each repository that it came from. */
  digests: string[];
}

export class DockerImages implements Images {
  readonly #http: EngineHttp;
  readonly #credentials: Credentials;

  constructor(http: EngineHttp, credentials: Credentials) {
    this.#http = http;
    this.#credentials = credentials;
  }

  async list(): Promise<ImageState[]> {
    // Also intermediate images: only they show which image is built upon which.
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

  async #find(reference: string): Promise<FoundImage | null> {
    const response = await this.#http.call("GET", `/images/${encodeURIComponent(reference)}/json`);
    if (response.status === 404) {
      await response.arrayBuffer();
      return null;
    }
    await this.#http.expectOk(response);
    const image = (await response.json()) as EngineImage;
    const { Id: imageId, Size: sizeBytes, RepoDigests } = image;
    return { imageId, names: namesOf(image), sizeBytes, digests: RepoDigests ?? [] };
  }

  /** Runs a pull of this reference, and compares the images before and after it. */
  async #changesOf(reference: string, pull: () => Promise<void>): Promise<PulledImage | null> {
    const ids = new Set((await this.list()).map(({ imageId }) => imageId));
    const before = await this.#find(reference);
    await pull();
    const after = await this.#find(reference);
    if (after === null || after.imageId === before?.imageId) return null;
    return { imageId: after.imageId, sizeBytes: after.sizeBytes, isNew: !ids.has(after.imageId) };
  }

  async digest(image: string, signal: AbortSignal, login: RegistryLogin | null = null): Promise<ImageDigest> {
    const present = await this.#find(image);
    // It gives what it has built a digest, too, and asks no registry for one.
    if (await this.#http.isPodman())
      return { digest: null, why: `Podman does not say what ${image} is at its registry` };
    // An image without a digest never was in a registry: what a registry has under this name is another one.
    if (present !== null && present.digests.length === 0)
      return { digest: null, why: `${image} was built on this node, and is in no registry that it knows` };
    const registry = registryOf(image);
    const { header } = login ? { header: headerOf(registry, login) } : await this.#credentials(registry);
    const response = await this.#http.call("GET", `/distribution/${image}/json`, {
      ...{ signal, timeoutMs: null, long: true },
      headers: header === null ? {} : { "x-registry-auth": header },
    });
    if (response.ok) {
      const { Descriptor } = (await response.json()) as { Descriptor: { digest: string } };
      return { digest: Descriptor.digest, why: "" };
    }
    const message = await engineMessage(response);
    const { name } = splitReference(plainReference(image));
    const own = present?.digests.map(splitDigest).find((digest) => digest.name === name);
    if (own) return { digest: own.digest, why: "" };
    return { digest: null, why: withAdvice(pullError(image, message), registry, login, header).message };
  }

  async remove(imageId: string, names: readonly string[]): Promise<string | null> {
    const found = await this.#find(imageId);
    if (found === null) return null;
    const other = found.names.find((name) => !names.includes(name));
    if (other !== undefined) return `it is also called ${other}`;
    // All tags but one are removed first: an engine removes an image by its id only if one is left. The id is used for the
    // last step, because a tag may move to another image at any time.
    const tags = found.names.filter((name) => !name.includes("@"));
    for (const tag of tags.slice(1)) {
      if ((await this.#find(tag))?.imageId !== imageId) continue;
      const kept = await removeUnused(this.#http, `/images/${encodeURIComponent(tag)}?noprune=1`);
      if (kept !== null) return kept;
    }
    return removeUnused(this.#http, `/images/${encodeURIComponent(imageId)}?noprune=1`);
  }

  async pull(
    image: string,
    policy: PullPolicy,
    platform: string | null,
    progress: (message: string) => void,
    signal: AbortSignal,
    login: RegistryLogin | null = null,
  ): Promise<PulledImage | null> {
    if (policy !== "always" && (await this.#find(image)) !== null) return null;
    if (policy === "never") {
      throw new RuntimeError("image-not-present", `${image} is not on this node, and its pull policy is never`, false);
    }
    return this.#changesOf(image, () => this.#download(image, platform, progress, signal, login));
  }

  async makeSandbox(): Promise<void> {
    const { Arch } = await this.#http.json<{ Arch: string }>("GET", "/version");
    const archive = sandboxArchive(dockerArch(Arch));
    if (archive === null) {
      const message = `tasks of several containers need a node of amd64 or arm64; this engine is of ${Arch}`;
      throw new RuntimeError("create-failed", message, false);
    }
    // The tag is a part of `repo`, because Podman 4.3.1 ignores `tag` of an import.
    const query = new URLSearchParams({ fromSrc: "-", repo: sandboxImage, changes: 'ENTRYPOINT ["/pause"]' });
    const headers = { "content-type": "application/x-tar" };
    const response = await this.#http.call("POST", `/images/create?${query}`, { body: archive, headers });
    if (!response.ok) throw createError(await engineMessage(response));
    await followPull(
      sandboxImage,
      response.body!,
      () => {},
      () => {},
    );
  }

  async #download(
    image: string,
    platform: string | null,
    progress: (message: string) => void,
    signal: AbortSignal,
    login: RegistryLogin | null,
  ): Promise<void> {
    const { name, tag } = splitReference(image);
    const registry = registryOf(image);
    const { header, problem } = login
      ? { header: headerOf(registry, login), problem: null }
      : await this.#credentials(registry);
    const query = new URLSearchParams({ fromImage: name, tag, ...(platform === null ? {} : { platform }) });
    const silence = new Silence(limits.pullSilenceMs, signal);
    try {
      const response = await this.#http.call("POST", `/images/create?${query}`, {
        signal: silence.signal,
        timeoutMs: null,
        long: true,
        headers: header === null ? {} : { "x-registry-auth": header },
      });
      if (!response.ok) throw pullError(image, await engineMessage(response));
      await followPull(image, response.body!, progress, () => silence.progressed());
    } catch (error) {
      if (!silence.broken) {
        const known = withProblem(error, problem);
        throw known instanceof RuntimeError ? withAdvice(known, registry, login, header) : known;
      }
      const seconds = limits.pullSilenceMs / 1000;
      throw new RuntimeError("registry-unreachable", `${image}: no progress for ${seconds} s`, true);
    } finally {
      silence.end();
    }
  }
}

/** A registry that refuses a pull without a login says nothing of a login that could not be read. */
function withProblem(error: unknown, problem: string | null): unknown {
  if (problem === null || !(error instanceof RuntimeError)) return error;
  if (error.code !== "registry-denied" && error.code !== "image-not-found") return error;
  return new RuntimeError(error.code, `${error.message} (no login was sent: ${problem})`, error.temporary);
}

/** What to type if the registry asks for another login. */
function withAdvice(
  error: RuntimeError,
  registry: string,
  login: RegistryLogin | null,
  header: string | null,
): RuntimeError {
  if (error.code !== "registry-denied") return error;
  const name = registryName(registry);
  const command = `podling registry login ${name} -u ${login?.username ?? "USER"} --password-stdin`;
  const what = login
    ? `the registry refuses the stored login of ${login.username}; store another password`
    : header === null
      ? `no login to ${name} is stored; store one`
      : "the registry refuses the login of docker login on this node; store one in the cluster";
  return new RuntimeError(error.code, `${error.message}; ${what}: ${command}`, error.temporary);
}

interface PullEvent {
  id?: string;
  /** Before API 1.48; newer engines may leave it out. */
  error?: string;
  errorDetail?: { message?: string };
  progressDetail?: { current?: number; total?: number };
}

/** Reads a pull's progress to its end. The engine answers 200 first, and sends errors within the stream. */
async function followPull(
  image: string,
  body: ReadableStream<Uint8Array>,
  progress: (message: string) => void,
  progressed: () => void,
): Promise<void> {
  const layers = new Map<string, { current: number; total: number }>();
  for await (const line of readLines(body)) {
    progressed();
    const event = JSON.parse(line) as PullEvent;
    const failure = event.errorDetail?.message ?? event.error;
    if (failure) throw pullError(image, failure);
    if (!event.id || !event.progressDetail?.total) continue;
    layers.set(event.id, { current: event.progressDetail.current ?? 0, total: event.progressDetail.total });
    progress(describeProgress(image, layers));
  }
}

/** "pulling nginx: 40% of 12 MiB" */
function describeProgress(image: string, layers: ReadonlyMap<string, { current: number; total: number }>): string {
  let current = 0;
  let total = 0;
  for (const layer of layers.values()) {
    current += layer.current;
    total += layer.total;
  }
  return `pulling ${image}: ${Math.floor((100 * current) / total)}% of ${formatMemory(total)}`.slice(
    0,
    limits.messageLength,
  );
}

/** "docker.io/library/nginx@sha256:..." as plain name and digest. */
function splitDigest(reference: string): { name: string; digest: string } {
  const { name, tag } = splitReference(plainReference(reference));
  return { name, digest: tag };
}

/** Tags, and the digests of repositories without a tag. */
function namesOf({ RepoTags, RepoDigests }: EngineImage): string[] {
  const real = (names: string[] | null) => (names ?? []).filter((name) => !name.startsWith("<none>"));
  const tags = real(RepoTags).map(plainReference);
  const tagged = new Set(tags.map((tag) => splitReference(tag).name));
  const digests = real(RepoDigests)
    .map(plainReference)
    .filter((digest) => !tagged.has(splitReference(digest).name));
  return [...new Set([...tags, ...digests])].sort();
}
