// What every part of a translation needs.

import { memberName } from "../../model/app/app-input.ts";
import type { ComposeDocument, Content } from "../read-compose.ts";
import { Draft } from "./draft.ts";
import { Problems } from "./problems.ts";
import { Source } from "./source.ts";

export class Context {
  readonly problems: Problems;
  /** The document without the keys that Podling ignores or refuses. */
  readonly root: Source;
  readonly contents: ReadonlyMap<string, Content>;
  readonly #app: string;

  constructor(document: ComposeDocument, honoured: unknown, app: string) {
    this.problems = new Problems(document);
    this.root = new Source(honoured, []);
    this.contents = document.contents;
    this.#app = app;
  }

  /** The name of the record of what the file names so. */
  readonly member = (name: string): string => memberName(this.#app, name);

  draft(): Draft {
    return new Draft(this.problems);
  }
}
