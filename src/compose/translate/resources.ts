// What a container may use: cpu, memory and the limits of the kernel. What deploy.resources says and what the older keys of a
// service say must agree.

import type { Draft } from "./draft.ts";
import type { Source } from "./source.ts";

export function addResources(draft: Draft, service: Source): void {
  const limits = service.at("deploy", "resources", "limits");
  const reserved = service.at("deploy", "resources", "reservations");
  for (const [field, source] of [
    ["resources.cpu.limit", service.at("cpus")],
    ["resources.cpu.limit", limits.at("cpus")],
    ["resources.cpu.request", reserved.at("cpus")],
  ] as const)
    if (source.isGiven && (field.endsWith("request") || Number(source.text) !== 0))
      draft.set(field, source.number, source);
  for (const [field, source] of [
    ["resources.memory.limit", service.at("mem_limit")],
    ["resources.memory.limit", limits.at("memory")],
    ["resources.memory.request", service.at("mem_reservation")],
    ["resources.memory.request", reserved.at("memory")],
    ["limits.shmSizeBytes", service.at("shm_size")],
  ] as const)
    if (field.endsWith("request") || source.bytes !== 0) draft.set(field, source.bytes, source);
  const swap = service.at("memswap_limit");
  if (swap.text === "-1") draft.set("limits.memorySwapBytes", -1, swap);
  else if (swap.bytes !== 0) draft.set("limits.memorySwapBytes", swap.bytes, swap);
  draft.set("limits.pids", service.at("pids_limit").number, service.at("pids_limit"));
  draft.set("limits.pids", limits.at("pids").number, limits.at("pids"));
  draft.set("limits.sysctls", service.at("sysctls").record, service.at("sysctls"));
  addUlimits(draft, service.at("ulimits"));
}

function addUlimits(draft: Draft, ulimits: Source): void {
  const list = ulimits.entries().map(([name, limit]) => {
    const [soft, hard] = [limit.at("soft"), limit.at("hard")];
    const isPair = soft.isGiven || hard.isGiven;
    return isPair
      ? { name, soft: (soft.isGiven ? soft : hard).number, hard: (hard.isGiven ? hard : soft).number }
      : { name, soft: limit.number, hard: limit.number };
  });
  if (list.length > 0) draft.set("limits.ulimits", list, ulimits);
}
