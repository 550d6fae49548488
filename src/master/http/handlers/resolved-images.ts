// What the tags of a service's images stand for now, as workers find out.

import { eligible } from "../../../core/schedule/index/node-info.ts";
import { classOf } from "../../../core/schedule/scheduling-class.ts";
import type { ClusterState } from "../../../core/state/cluster-state.ts";
import { hasWorker, type NodeRecord } from "../../../model/node/node.ts";
import { imagesToResolve, type ResolvedImage } from "../../../model/service/pinned.ts";
import { revisionId } from "../../../model/service/service.ts";
import type { ParsedServiceInput } from "../../../model/service/service-input.ts";
import { specOfInput } from "../../../model/task/input-spec.ts";
import { requirementsOf } from "../../../model/task/requirements.ts";
import { type TaskSpec, unpackSpec } from "../../../model/task/spec.ts";
import { type Question, resolveImages } from "../../node-client/image-digests.ts";
import { storedLogin } from "../../secrets/registry-logins.ts";
import type { HandlerContext } from "./context.ts";

/** What the tags stand for that are new to the service, or all of them. */
export async function resolvedImages(
  { state, logs, vault }: HandlerContext,
  input: ParsedServiceInput,
  which: "always" | "changed" | "never" = "changed",
  signal: AbortSignal,
): Promise<ResolvedImage[]> {
  const service = which === "always" ? undefined : state.serviceNamed(input.name);
  const known = service && state.tables.revision.get(revisionId(service.serviceId, service.target))?.images;
  const spec = unpackSpec(specOfInput(input));
  const images = imagesToResolve(spec).filter((image) => !known?.some((one) => one.image === image));
  if (which === "never") return images.map((image) => ({ image, digest: null, why: "not looked up, as asked for" }));
  const questionFor = (image: string): Question => {
    const login = storedLogin(state, vault, image);
    const nodes = login === null ? nodesWithEngine(state) : nodesThatMayRun(state, spec);
    return { nodes, login };
  };
  return images.length === 0 ? [] : resolveImages(images, questionFor, signal, logs);
}

/** Online ones, by host name. */
function nodesWithEngine(state: ClusterState): NodeRecord[] {
  const online = [...state.nodes.values()].filter((node) => node.status === "online" && node.engineError === null);
  return byHostname(online);
}

/**
 * Those that may get a task of the template now, whatever their free capacity. A login is sent to no other node: constraints that
 * keep an image to some nodes keep the password there, too.
 */
function nodesThatMayRun({ schedule }: ClusterState, spec: TaskSpec): NodeRecord[] {
  const wanted = classOf(requirementsOf(spec));
  const nodes = [...schedule.nodes].filter((node) => node.isOpen && eligible(wanted, node));
  return byHostname(nodes.map(({ record }) => record));
}

function byHostname(nodes: readonly NodeRecord[]): NodeRecord[] {
  return nodes.filter(hasWorker).sort((left, right) => (left.hostname < right.hostname ? -1 : 1));
}
