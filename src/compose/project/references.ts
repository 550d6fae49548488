// Names that lead nowhere: services, networks, volumes, configs and secrets that a service uses and the document does not have,
// dependencies in a circle, and two mounts at one place.

import { nearest } from "../../lib/nearest-word.ts";
import type { Findings, Place } from "../findings.ts";
import { child, entriesOf, isNull, itemsOf, type Mapping, plain, type Tree, textOf } from "../tree/tree.ts";
import type { Profiled } from "./profiles.ts";

export function checkReferences({ document, leftOut }: Profiled, findings: Findings): void {
  const check = new References(document, leftOut, findings);
  const services = entriesOf(child(document, "services"));
  for (const [name, { place, value }] of services) check.service(name, value, place);
  check.circles(services.map(([name]) => name));
}

class References {
  readonly #document: Mapping;
  readonly #leftOut: Profiled["leftOut"];
  readonly #findings: Findings;

  constructor(document: Mapping, leftOut: Profiled["leftOut"], findings: Findings) {
    this.#document = document;
    this.#leftOut = leftOut;
    this.#findings = findings;
  }

  service(name: string, service: Tree, place: Place): void {
    const what = `services.${name}`;
    if (service.kind !== "mapping") {
      const why = isNull(service) ? "it is empty" : "it is no mapping";
      this.#findings.error(place, what, why, "Give it at least an image.");
      return;
    }
    if (!["image", "build", "provider"].some((key) => service.entries.has(key)))
      this.#findings.error(place, what, "it has neither an image nor a build", "Add image: NAME.");
    this.#networks(what, service);
    this.#dependencies(what, service);
    for (const [index, item] of itemsOf(child(service, "volumes")).entries()) {
      const source = child(item, "source");
      if (source && textOf(child(item, "type")) === "volume")
        this.#known("volumes", source, `${what}.volumes[${index}]`);
    }
    for (const kind of ["configs", "secrets"])
      for (const [index, item] of itemsOf(child(service, kind)).entries()) {
        const source = child(item, "source");
        if (source) this.#known(kind, source, `${what}.${kind}[${index}]`);
      }
    this.#mounts(what, service);
  }

  #networks(what: string, service: Mapping): void {
    const networks = child(service, "networks");
    const mode = service.entries.get("network_mode");
    for (const [name, { place }] of entriesOf(networks))
      if (name !== "default") this.#knownName("networks", name, place, `${what}.networks`);
    if (mode && entriesOf(networks).length > 0) {
      const why = "a service has network_mode or networks, and this one has both";
      this.#findings.error(mode.place, `${what}.network_mode`, why, "Remove one of the two.");
    }
  }

  #dependencies(what: string, service: Mapping): void {
    const services = child(this.#document, "services");
    for (const [name, { place, value }] of entriesOf(child(service, "depends_on"))) {
      if (entriesOf(services).some(([other]) => other === name)) continue;
      const required = child(value, "required");
      if (required && plain(required) === false) continue;
      const profiles = this.#leftOut.get(name);
      if (!profiles) this.#unknown("services", name, place, `${what}.depends_on`);
      else {
        const why = `it needs ${name}, which is left out because no profile of it is enabled`;
        const next = `Type --profile ${profiles[0]}, or write required: false.`;
        this.#findings.error(place, `${what}.depends_on`, why, next);
      }
    }
  }

  #known(kind: string, source: Tree, what: string): void {
    const name = textOf(source);
    if (name !== undefined) this.#knownName(kind, name, source.place, what);
  }

  #knownName(kind: string, name: string, place: Place, what: string): void {
    const declared = child(this.#document, kind);
    if (declared?.kind === "mapping" && declared.entries.has(name)) return;
    this.#unknown(kind, name, place, what);
  }

  #unknown(kind: string, name: string, place: Place, what: string): void {
    const names = entriesOf(child(this.#document, kind)).map(([one]) => one);
    const near = nearest(name, names);
    const next = near ? `Did you mean ${near}?` : `Add it below ${kind}: at the top level.`;
    this.#findings.error(
      place,
      what,
      `there is no ${kind.replace(/s$/, "")} ${JSON.stringify(name)} in the file`,
      next,
    );
  }

  #mounts(what: string, service: Mapping): void {
    const targets = new Map<string, string>();
    const mounted = (target: string | undefined, place: Place, own: string) => {
      if (target === undefined) return;
      const before = targets.get(target);
      if (before) this.#findings.error(place, own, `${target} is already mounted by ${before}`, "Mount it once.");
      else targets.set(target, own);
    };
    for (const [index, item] of itemsOf(child(service, "tmpfs")).entries())
      mounted(textOf(item)?.split(":", 1)[0], item.place, `${what}.tmpfs[${index}]`);
    for (const [index, item] of itemsOf(child(service, "volumes")).entries())
      mounted(textOf(child(item, "target")), item.place, `${what}.volumes[${index}]`);
  }

  /** Reports the first circle of dependencies that is found from each service, once. */
  circles(names: readonly string[]): void {
    const done = new Set<string>();
    const services = child(this.#document, "services");
    for (const start of names) {
      const open: { name: string; rest: [string, Place][] }[] = [];
      const enter = (name: string) => {
        done.add(name);
        const dependencies = entriesOf(child(child(services, name), "depends_on"));
        open.push({ name, rest: dependencies.map(([other, { place }]) => [other, place]) });
      };
      if (!done.has(start)) enter(start);
      for (let top = open.at(-1); top; top = open.at(-1)) {
        const next = top.rest.shift();
        if (!next) open.pop();
        else if (open.some(({ name }) => name === next[0]))
          this.#circle(
            open.map(({ name }) => name),
            next,
          );
        else if (!done.has(next[0])) enter(next[0]);
      }
    }
  }

  #circle(open: readonly string[], [name, place]: [string, Place]): void {
    const shown = [...open.slice(open.indexOf(name)), name].join(" -> ");
    const what = `services.${open.at(-1)}.depends_on`;
    this.#findings.error(place, what, `services wait for each other: ${shown}`, "Remove one of these dependencies.");
  }
}
