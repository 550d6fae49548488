// Backups, restores and moves of volumes: streams files between clients and workers. Each begins with a command that makes
// tasks wait, and ends with one that says where the files are; a master that is killed between the two ends it at its next
// start. Nothing is kept in memory but the pieces that are on their way.

import { refuseAtWork } from "../../core/commands/volume-work.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { findVolume } from "../../core/state/lookup.ts";
import { type CancelTimer, type Clock, delay } from "../../lib/clock.ts";
import { piped } from "../../lib/piped.ts";
import { ok } from "../../lib/result.ts";
import { TarCheck } from "../../lib/tar-check.ts";
import type { NodeId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { NodeRecord } from "../../model/node/node.ts";
import { type Origin, systemOrigin } from "../../model/origin.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import { placeOfData, type Volume, type VolumeJob } from "../../model/volume/volume.ts";
import type { TickLoop } from "../loop/tick-loop.ts";
import type { AskContext } from "../node-client/ask-node.ts";
import { archiveOn, fillOn, removeVolumeOn } from "../node-client/volumes.ts";

export interface VolumeJobsOptions {
  state: ClusterState;
  loop: Pick<TickLoop, "submit">;
  clock: Clock;
  nodes: AskContext;
}

/** Work that has begun. */
interface Begun {
  name: string;
  workId: string;
  /** At which it began: nothing that comes to the volume's nodes later belongs to it. */
  revision: number;
}

export class VolumeJobs {
  readonly #options: VolumeJobsOptions;

  constructor(options: VolumeJobsOptions) {
    this.#options = options;
  }

  /**
   * The files as a tar archive. `live`: also while a task writes to them, and without keeping tasks from starting. Files that a
   * restore has written in part are refused.
   */
  async backup(
    name: string,
    live: boolean,
    origin: Origin,
    signal: AbortSignal,
  ): Promise<Outcome<ReadableStream<Uint8Array>>> {
    const source = this.#sourceOf(name);
    if (!source.ok) return source;
    const begun = live ? this.#refuseIncomplete(name) : await this.#begin(name, "backup", null, origin);
    if (!begun.ok) return begun;
    const stall = this.#stallTimer(signal, source.value);
    const over = (failed: string | null) => {
      stall.end();
      signal.removeEventListener("abort", left);
      if (begun.value) void this.#end(begun.value, failed, false);
    };
    const left = () => over("the client has disconnected");
    signal.addEventListener("abort", left);
    const archive = await archiveOn(source.value, name, stall.signal, this.#options.nodes);
    if (!archive.ok) {
      over(archive.refusal.message);
      return archive;
    }
    return ok(checked(archive.value, stall, (error) => over(error?.message ?? null)));
  }

  /** Makes the volume on the node from an archive. `replace`: what the node has under the name is removed first. */
  async restore(
    name: string,
    node: NodeRecord,
    archive: AsyncIterable<Uint8Array>,
    replace: boolean,
    origin: Origin,
    signal: AbortSignal,
  ): Promise<Outcome<null>> {
    const offline = refuseOffline(node);
    if (offline) return offline;
    const whole = await withoutFault(archive);
    if (!whole.ok) return whole;
    // What a restore that failed has left is incomplete.
    const isAgain = this.#options.state.tables.volume.get(name)?.work != null;
    const begun = await this.#begin(name, "restore", node.nodeId, origin);
    if (!begun.ok) return begun;
    const stall = this.#stallTimer(signal, node);
    const { revision } = begun.value;
    const fill = { archive: checked(whole.value, stall, () => {}), replace: replace || isAgain, revision };
    const filled = await fillOn(node, name, fill, stall.signal, this.#options.nodes);
    stall.end();
    const failed = filled.ok ? null : filled.refusal.message;
    await this.#end(begun.value, failed, !isAgain && !filled.ok && isUntouched(filled.refusal));
    return filled;
  }

  /**
   * Copies the files to another node, and removes them where they were once the record names that node. Goes on if the client
   * disconnects.
   */
  async move(name: string, to: NodeRecord, replace: boolean, origin: Origin): Promise<Outcome<null>> {
    const { nodes } = this.#options;
    const source = this.#sourceOf(name);
    if (!source.ok) return source;
    const offline = refuseOffline(to);
    if (offline) return offline;
    const begun = await this.#begin(name, "move", to.nodeId, origin);
    if (!begun.ok) return begun;
    const stall = this.#stallTimer(null, source.value, to);
    const archive = await archiveOn(source.value, name, stall.signal, nodes);
    if (!archive.ok) {
      stall.end();
      await this.#end(begun.value, archive.refusal.message, true);
      return archive;
    }
    const stream = checked(archive.value, stall, () => {});
    const mayReplace = replace || this.#hasCopy(name, to.nodeId);
    const { revision } = begun.value;
    const filled = await fillOn(to, name, { archive: stream, replace: mayReplace, revision }, stall.signal, nodes);
    stall.end();
    await this.#end(begun.value, filled.ok ? null : filled.refusal.message, !filled.ok && isUntouched(filled.refusal));
    if (!filled.ok) return filled;
    await this.#removeCopy(begun.value, source.value);
    return ok(null);
  }

  /** The online node that has the files. */
  #sourceOf(name: string): Outcome<NodeRecord> {
    const { state } = this.#options;
    const found = findVolume(state, name);
    if (!found.ok) return found;
    const { nodeId } = found.value;
    const node = nodeId === null ? undefined : state.nodes.get(nodeId);
    if (node?.status === "online") return ok(node);
    return refuse(nodeId === null ? "unprocessable" : "node-unreachable", placeSentence(found.value, node), {
      hint: "The node that has the data must be online.",
      details: { name },
    });
  }

  /** Refuses while a restore writes the files, and after one that failed: what the node has is incomplete. */
  #refuseIncomplete(name: string): Outcome<null> {
    const volume = this.#options.state.tables.volume.get(name);
    return (volume?.work?.job === "restore" && refuseAtWork(volume)) || ok(null);
  }

  /** True for what an earlier move left there: its files are of no use to anybody. */
  #hasCopy(name: string, nodeId: NodeId): boolean {
    const copies = this.#options.state.tables.volume.get(name)?.copies ?? [];
    return copies.some((copy) => copy.nodeId === nodeId && copy.why !== "released");
  }

  #stallTimer(signal: AbortSignal | null, ...nodes: readonly NodeRecord[]): StallTimer {
    const { clock, state } = this.#options;
    const isAway = ({ nodeId }: NodeRecord) => state.nodes.get(nodeId)?.status !== "online";
    return new StallTimer(clock, signal, () => nodes.find(isAway)?.hostname ?? null);
  }

  async #begin(name: string, job: VolumeJob, to: NodeId | null, origin: Origin): Promise<Outcome<Begun>> {
    const command = { type: "beginVolumeWork" as const, name, job, to, by: origin.name };
    const outcome = await this.#options.loop.submit(command, origin);
    if (!outcome.ok) return outcome;
    const { workId, revision } = outcome.value;
    return ok({ name, workId: workId!, revision: revision! });
  }

  /** Until it is recorded, tasks wait: a journal that cannot write is asked again. */
  async #end({ name, workId }: Begun, failed: string | null, untouched: boolean): Promise<void> {
    const { loop, clock } = this.#options;
    const command = { type: "endVolumeWork" as const, name, workId, failed: failed?.slice(0, 500) ?? null, untouched };
    for (;;) {
      const outcome = await loop.submit(command, byMaster);
      if (outcome.ok || outcome.refusal.code !== "journal-unavailable") return;
      await delay(clock, limits.volumeRemovalMs, new AbortController().signal);
    }
  }

  /** What stays if the node does not answer is named in the record, and replaced by a later move to it. */
  async #removeCopy({ name, revision }: Begun, node: NodeRecord): Promise<void> {
    const { nodes, loop } = this.#options;
    const removed = await removeVolumeOn(node, name, revision, new AbortController().signal, nodes);
    if (!removed.ok || !removed.value.removed) return;
    await loop.submit({ type: "forgetVolumeCopy", name, nodeId: node.nodeId }, byMaster);
  }
}

const byMaster = systemOrigin("volumes");

/** The same pieces, when the first of them begin an archive: a file of another kind must not replace anything. */
async function withoutFault(archive: AsyncIterable<Uint8Array>): Promise<Outcome<AsyncIterable<Uint8Array>>> {
  const pieces = archive[Symbol.asyncIterator]();
  const check = new TarCheck();
  const first: Uint8Array[] = [];
  let isOver = false;
  while (!isOver && !check.hasBegun) {
    const { done = false, value } = await pieces.next();
    isOver = done;
    if (done) break;
    check.push(value);
    first.push(value);
  }
  const fault = isOver ? check.endFault() : check.beginFault();
  if (fault === null) return ok(followedBy(first, isOver ? null : pieces));
  return refuse("unprocessable", `the archive is damaged: ${fault}`, {
    hint: "Nothing was changed. Give a file that podling volume backup wrote.",
  });
}

async function* followedBy(
  first: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array> | null,
): AsyncGenerator<Uint8Array> {
  yield* first;
  if (rest) yield* { [Symbol.asyncIterator]: () => rest };
}

/** The same stream: it fails if the archive is not complete. */
function checked(
  source: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>,
  stall: StallTimer,
  ended: (error: Error | null) => void,
): ReadableStream<Uint8Array> {
  const check = new TarCheck();
  const fail = (fault: string | null) => {
    if (fault !== null) throw new Error(`the archive is damaged: ${fault}`);
  };
  return piped(source, {
    piece(bytes) {
      stall.progressed();
      check.push(bytes);
      fail(check.beginFault());
    },
    complete: () => fail(check.endFault()),
    ended,
  });
}

/** Gives a copy up that makes no progress: soon if one of its nodes is offline, later if all seem to work. */
class StallTimer {
  readonly #clock: Clock;
  readonly #nodeAway: () => string | null;
  readonly #stalled = new AbortController();
  readonly signal: AbortSignal;
  #cancel: CancelTimer = () => {};
  /** Checks in a row that found no progress since the check before. */
  #idleChecks = 0;

  /** `nodeAway`: the name of a node of this copy that is offline; null if there is none. */
  constructor(clock: Clock, signal: AbortSignal | null, nodeAway: () => string | null) {
    this.#clock = clock;
    this.#nodeAway = nodeAway;
    this.signal = signal ? AbortSignal.any([signal, this.#stalled.signal]) : this.#stalled.signal;
    this.#checkLater();
  }

  progressed(): void {
    this.#idleChecks = 0;
  }

  end(): void {
    this.#cancel();
  }

  #checkLater(): void {
    this.#cancel = this.#clock.timer(limits.volumeProgressCheckMs, () => {
      const away = this.#idleChecks > 0 ? this.#nodeAway() : null;
      const isStalled = this.#idleChecks * limits.volumeProgressCheckMs >= limits.volumeSilenceMs;
      if (away !== null) return this.#stalled.abort(new Error(`${away} is offline`));
      if (isStalled) return this.#stalled.abort(new Error(`no progress for ${limits.volumeSilenceMs / 1000} s`));
      this.#idleChecks++;
      this.#checkLater();
    });
  }
}

function refuseOffline(node: NodeRecord): Outcome<never> | null {
  if (node.status === "online") return null;
  return refuse("node-unreachable", `${node.hostname} is offline`, {
    hint: "Choose another node, or bring it back.",
    details: { nodeId: node.nodeId },
  });
}

function placeSentence(volume: Volume, node: NodeRecord | undefined): string {
  return `the volume ${volume.name}: ${placeOfData(volume, node)}`;
}

/** True when the worker refused before it did anything: what it has under the name stays. */
function isUntouched({ code }: { code: string }): boolean {
  return code === "volume-in-use";
}
