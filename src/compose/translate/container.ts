// What runs in the container, and what it may do: image, command, environment, rights, devices, logging.

import type { Draft } from "./draft.ts";
import type { Problems } from "./problems.ts";
import { shellWords } from "./shell-words.ts";
import type { Source } from "./source.ts";

export function addContainer(draft: Draft, service: Source, problems: Problems): void {
  addImage(draft, service, problems);
  addWords(draft, "command", service.at("entrypoint"), problems);
  addWords(draft, "args", service.at("command"), problems);
  for (const [key, field] of [
    ["environment", "env"],
    ["labels", "labels"],
  ] as const)
    draft.set(field, service.at(key).record, service.at(key));
  draft.set("user", service.at("user").text, service.at("user"));
  draft.set("workingDir", service.at("working_dir").text, service.at("working_dir"));
  draft.set("platform", service.at("platform").text, service.at("platform"));
  draft.set("process.init", service.at("init").flag, service.at("init"));
  draft.set("process.stopSignal", service.at("stop_signal").text, service.at("stop_signal"));
  addGrace(draft, service.at("stop_grace_period"));
  addRights(draft, service, problems);
  addDevices(draft, service);
  const logging = service.at("logging");
  draft.set("logging.driver", logging.at("driver").text, logging.at("driver"));
  draft.set("logging.options", logging.at("options").record, logging.at("options"));
}

function addImage(draft: Draft, service: Source, problems: Problems): void {
  const image = service.at("image");
  if (image.isGiven) draft.set("image", image.text, image);
  else if (service.at("build").isGiven) {
    const why = "the service has a build and no image, and Podling builds none";
    problems.error(
      service.at("build").path,
      why,
      "Add image: REGISTRY/NAME, and push it: docker compose build --push.",
    );
  }
  const policy = service.at("pull_policy");
  if (policy.isGiven) draft.set("pullPolicy", pullPolicies[policy.text ?? ""] ?? "missing", policy);
}

/** `refresh`, `daily` and the like: only when it is missing, as its row says. */
const pullPolicies: Readonly<Record<string, string>> = { always: "always", never: "never" };

/** An empty list, or an empty text, takes away what the image says. */
function addWords(draft: Draft, field: "command" | "args", words: Source, problems: Problems): void {
  if (typeof words.value !== "string") {
    if (words.isGiven) draft.set(field, words.texts ?? [], words);
    return;
  }
  const split = shellWords(words.value);
  if (split) draft.set(field, split, words);
  else problems.error(words.path, "a quote is not closed in this command", "Close it, or write the command as a list.");
}

function addGrace(draft: Draft, grace: Source): void {
  const { duration } = grace;
  draft.set("stopGraceSeconds", typeof duration === "number" ? Math.ceil(duration / 1000) : duration, grace);
}

function addRights(draft: Draft, service: Source, problems: Problems): void {
  draft.set("security.privileged", service.at("privileged").flag, service.at("privileged"));
  draft.set("security.readOnly", service.at("read_only").flag, service.at("read_only"));
  const lists = { cap_add: "capAdd", cap_drop: "capDrop", group_add: "groupAdd", security_opt: "options" };
  for (const [key, field] of Object.entries(lists))
    draft.set(`security.${field}`, service.at(key).texts, service.at(key));
  for (const option of service.at("security_opt").items()) {
    const profile = /^seccomp[=:](.*)$/s.exec(option.text ?? "")?.[1]?.trim();
    if (profile === undefined || profile === "unconfined" || profile.startsWith("{")) continue;
    const why = "the file of a seccomp profile is not read";
    problems.error(option.path, why, "Write the profile itself, as JSON, or seccomp=unconfined.");
  }
}

function addDevices(draft: Draft, service: Source): void {
  const devices = service.at("devices");
  const paths = devices.items().map((device) => ({
    host: device.at("source").text,
    container: device.at("target").text ?? device.at("source").text,
    permissions: device.at("permissions").text ?? "rwm",
  }));
  if (paths.length > 0) draft.set("devices.paths", paths, devices);
  const gpus = service.at("gpus");
  if (gpus.value === "all") draft.set("devices.gpus", { count: "all" }, gpus);
  for (const request of gpus.items()) draft.set("devices.gpus", gpuRequest(request), request);
  for (const request of service.at("deploy", "resources", "reservations", "devices").items())
    if (request.at("capabilities").isGiven) draft.set("devices.gpus", gpuRequest(request), request);
}

function gpuRequest(request: Source): object {
  const count = request.at("count");
  const ids = request.at("device_ids").texts;
  const capabilities = request.at("capabilities").texts?.filter((one) => one !== "gpu") ?? [];
  const options = request.at("options").record;
  const amount = count.value === -1 || count.value === "-1" ? "all" : count.number;
  return {
    ...(count.isGiven ? { count: amount } : ids ? {} : { count: "all" }),
    ...(ids ? { ids } : {}),
    ...(request.at("driver").isGiven ? { driver: request.at("driver").text } : {}),
    ...(capabilities.length > 0 ? { capabilities } : {}),
    ...(options ? { options } : {}),
  };
}
