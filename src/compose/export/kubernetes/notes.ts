// What a manifest cannot say: a comment line above its object, and a warning of the export.

export class Notes {
  readonly #all: string[];
  /** Of the object in the making. */
  readonly lines: string[] = [];
  readonly #subject: string;

  constructor(subject: string, all: string[]) {
    this.#subject = subject;
    this.#all = all;
  }

  /** `sentence` about the subject: "has no priority class". */
  say(sentence: string): void {
    if (this.lines.includes(sentence)) return;
    this.lines.push(sentence);
    this.#all.push(`${this.#subject}: ${sentence}`);
  }

  /** The same for a field that has no counterpart, if it is there. */
  without(value: unknown, sentence: string): void {
    if (value !== undefined && value !== null && value !== false) this.say(sentence);
  }
}
