// The port to the images of an engine. Each method may throw RuntimeError("engine-unavailable").

import type { ImageDigest } from "../model/service/pinned.ts";
import type { PullPolicy } from "../model/task/spec.ts";

/** The image of the containers that hold the network of others. Its name says its version. */
export const sandboxImage = "podling-sandbox:1";

/** What a pull has changed. */
export interface PulledImage {
  imageId: string;
  sizeBytes: number;
  /** True when the image was not on the engine before, under any name; false: only this name is new to it. */
  isNew: boolean;
}

/** In the place of those that the engine's machine has. */
export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
}

export interface ImageState {
  imageId: string;
  /** Tags, and for an image without one its digests: "nginx:1.27", "nginx@sha256:...". Empty: no name is left. */
  names: readonly string[];
  /** With the layers that it shares. */
  sizeBytes: number;
  /** The image that this one was built upon, if the engine still knows. */
  parentId: string | null;
}

export interface Images {
  /** All images on the engine, also those that Podling did not pull, ordered by id. */
  list(): Promise<ImageState[]>;

  /**
   * Makes sure that the image is there, by `policy`. `progress` gets sentences ("40% of 12 MiB"), some a second at most.
   * May be repeated. Resolves to the image if this pull brought it, or gave it this name; null: nothing changed.
   * Throws RuntimeError: image-not-found, image-not-present, registry-denied, registry-unreachable.
   */
  pull(
    image: string,
    policy: PullPolicy,
    platform: string | null,
    progress: (message: string) => void,
    signal: AbortSignal,
    login?: RegistryLogin | null,
  ): Promise<PulledImage | null>;

  /**
   * The digest of a tag, as its registry says, or as the engine has it where the registry does not answer. An image that was
   * built on the engine has none.
   */
  digest(image: string, signal: AbortSignal, login?: RegistryLogin | null): Promise<ImageDigest>;

  /**
   * Makes the image of `sandboxImage`, whose only program waits for a signal: nothing is downloaded. May be repeated. Throws
   * RuntimeError: create-failed if the platform of the engine is not known.
   */
  makeSandbox(): Promise<void>;

  /**
   * Removes an image that has no other names than these and that no container uses. Resolves to null when it is gone, also
   * if it was gone already; else to the sentence why it stays.
   */
  remove(imageId: string, names: readonly string[]): Promise<string | null>;
}
