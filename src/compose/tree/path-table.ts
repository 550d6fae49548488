// Rules by path of keys: "services.*.ports". Walks beside a tree, one step a level; `*` stands for any key or index.

export interface PathNode<T> {
  rule: T | undefined;
  readonly steps: Map<string, PathNode<T>>;
}

/** A key of its own goes before `*`. */
export function pathTable<T>(rules: Iterable<readonly [pattern: string, rule: T]>): PathNode<T> {
  const root: PathNode<T> = { rule: undefined, steps: new Map() };
  for (const [pattern, rule] of rules) {
    let node = root;
    for (const step of pattern.split(".")) {
      let next = node.steps.get(step);
      if (!next) {
        next = { rule: undefined, steps: new Map() };
        node.steps.set(step, next);
      }
      node = next;
    }
    node.rule = rule;
  }
  return root;
}

export function stepTo<T>(node: PathNode<T> | undefined, key: string | number): PathNode<T> | undefined {
  return node?.steps.get(String(key)) ?? node?.steps.get("*");
}
