// Short forms to long ones, before files are merged: then one rule of merging serves both. Values that have no valid form stay
// as they are, for the check against the schema.

import type { Findings } from "../findings.ts";
import { type PathNode, pathTable, stepTo } from "../tree/path-table.ts";
import { type Entry, itemsOf, made, mapping, scalar, sequence, type Tree, textOf } from "../tree/tree.ts";
import type { FormContext } from "./form-context.ts";
import { longPort } from "./ports.ts";
import { longVolume } from "./volumes.ts";

type Form = (tree: Tree, context: FormContext) => Tree;

/** `["A=1", "B"]` to `{A: "1", B: null}`; numbers and truth values become text. `alone` is the value of an item without `=`. */
const keyed =
  (alone: string | null): Form =>
  (tree) => {
    if (tree.kind === "scalar") return tree;
    const entries = new Map<string, Entry>();
    if (tree.kind === "mapping") {
      for (const [key, entry] of tree.entries) entries.set(key, { ...entry, value: asText(entry.value) });
      return { ...tree, entries };
    }
    for (const item of tree.items) {
      const text = item.kind === "scalar" && item.value !== null ? String(item.value) : null;
      if (text === null) return tree;
      const equals = text.indexOf("=");
      const key = equals < 0 ? text : text.slice(0, equals);
      const value = equals < 0 ? alone : text.slice(equals + 1);
      entries.delete(key);
      entries.set(key, { place: item.place, value: scalar(value, item.place, item.mark) });
    }
    return mapping(entries, tree.place, tree.mark);
  };

function asText(tree: Tree): Tree {
  if (tree.kind !== "scalar" || tree.value === null || typeof tree.value === "string") return tree;
  return { ...tree, value: String(tree.value) };
}

/** `[a, b]` to `{a: VALUE, b: VALUE}`. */
const named =
  (value: Record<string, string | boolean> | null): Form =>
  (tree) => {
    if (tree.kind !== "sequence") return tree;
    const entries = new Map<string, Entry>();
    for (const item of tree.items) {
      const name = textOf(item);
      if (name === undefined) return tree;
      entries.set(name, { place: item.place, value: value ? made(value, item.place) : scalar(null, item.place) });
    }
    return mapping(entries, tree.place, tree.mark);
  };

const listed: Form = (tree) =>
  tree.kind === "scalar" && tree.value !== null ? sequence([{ ...tree, mark: null }], tree.place, tree.mark) : tree;

/** A text to the mapping that it is short for. */
const long =
  (key: string, others: Record<string, boolean> = {}): Form =>
  (tree) =>
    textOf(tree) === undefined ? tree : { ...made({ [key]: textOf(tree)!, ...others }, tree.place), mark: tree.mark };

const eachItem =
  (form: Form): Form =>
  (tree, { path, findings }) => {
    if (tree.kind !== "sequence") return tree;
    return { ...tree, items: tree.items.map((item, index) => form(item, { path: [...path, index], findings })) };
  };

/** `host:ip`, `host=ip` and `{host: ip}` to "host=ip". */
const hosts: Form = (tree) => {
  if (tree.kind === "sequence") return { ...tree, items: tree.items.map(hostItem) };
  if (tree.kind !== "mapping") return tree;
  const items: Tree[] = [];
  for (const [host, { value }] of tree.entries) {
    for (const address of value.kind === "sequence" ? value.items : [value])
      items.push(scalar(`${host}=${textOf(address) ?? ""}`, address.place));
  }
  return sequence(items, tree.place, tree.mark);
};

const hostItem = (tree: Tree): Tree => {
  const match = /^([^:=]+)[:=](.+)$/.exec(textOf(tree) ?? "");
  return match
    ? { ...scalar(`${match[1]!.trim()}=${match[2]!.trim().replace(/^\[(.*)\]$/, "$1")}`, tree.place, tree.mark) }
    : tree;
};

const device: Form = (tree) => {
  const text = textOf(tree);
  if (text === undefined) return tree;
  const [source = "", target = source, permissions = "rwm"] = text.split(":");
  return made({ source, target, permissions }, tree.place);
};

const ports: Form = (tree, { path, findings }) => {
  if (tree.kind !== "sequence") return tree;
  const items = tree.items.flatMap((item, index) => longPort(item, { path: [...path, index], findings }));
  return { ...tree, items };
};

/** `external: {name: x}` is an old form of `external: true` with `name: x`. */
const external: Form = (tree) => {
  if (tree.kind !== "mapping") return tree;
  const old = tree.entries.get("external");
  const name = old?.value.kind === "mapping" ? old.value.entries.get("name") : undefined;
  if (!old || !name) return tree;
  const entries = new Map(tree.entries).set("external", { ...old, value: scalar(true, old.place) }).set("name", name);
  return { ...tree, entries };
};

const dependency = { condition: "service_started", required: true };

const forms = pathTable<Form>([
  ["services.*.annotations", keyed("")],
  ["services.*.build", long("context")],
  ["services.*.build.additional_contexts", keyed(null)],
  ["services.*.build.args", keyed(null)],
  ["services.*.build.extra_hosts", hosts],
  ["services.*.build.labels", keyed("")],
  ["services.*.build.secrets", eachItem(long("source"))],
  ["services.*.configs", eachItem(long("source"))],
  ["services.*.depends_on", named(dependency)],
  ["services.*.deploy.labels", keyed("")],
  ["services.*.deploy.resources.reservations.devices.*.options", keyed("")],
  ["services.*.devices", eachItem(device)],
  ["services.*.dns", listed],
  ["services.*.dns_opt", listed],
  ["services.*.dns_search", listed],
  [
    "services.*.env_file",
    (tree, context) => eachItem(long("path", { required: true }))(listed(tree, context), context),
  ],
  ["services.*.environment", keyed(null)],
  ["services.*.extra_hosts", hosts],
  ["services.*.gpus.*.options", keyed("")],
  ["services.*.label_file", listed],
  ["services.*.labels", keyed("")],
  ["services.*.models", named({})],
  ["services.*.networks", named(null)],
  ["services.*.ports", ports],
  ["services.*.secrets", eachItem(long("source"))],
  ["services.*.sysctls", keyed("")],
  ["services.*.tmpfs", listed],
  ["services.*.volumes", eachItem(longVolume)],
  ["services.*.volumes.*.volume.labels", keyed("")],
  ["networks.*", external],
  ["networks.*.labels", keyed("")],
  ["volumes.*", external],
  ["volumes.*.labels", keyed("")],
  ["configs.*", external],
  ["configs.*.labels", keyed("")],
  ["secrets.*", external],
  ["secrets.*.labels", keyed("")],
]);

/** The document with long forms. Values with the mark `!reset` are left as they are. */
export function longForms(document: Tree, findings: Findings): Tree {
  return formed(document, forms, { path: [], findings });
}

function formed(tree: Tree, node: PathNode<Form>, context: FormContext): Tree {
  if (tree.mark === "reset") return tree;
  const own = node.rule ? node.rule(tree, context) : tree;
  if (node.steps.size === 0) return own;
  if (own.kind === "sequence") {
    const inner = stepTo(node, 0);
    return inner ? { ...own, items: itemsOf(own).map((item, index) => below(item, inner, context, index)) } : own;
  }
  if (own.kind !== "mapping") return own;
  const entries = new Map<string, Entry>();
  for (const [key, entry] of own.entries) {
    const inner = stepTo(node, key);
    entries.set(key, inner ? { ...entry, value: below(entry.value, inner, context, key) } : entry);
  }
  return { ...own, entries };
}

function below(tree: Tree, node: PathNode<Form>, { path, findings }: FormContext, step: string | number): Tree {
  return formed(tree, node, { path: [...path, step], findings });
}
