// What the pipeline has to say about a file: errors and warnings, each with its place. They are collected, not thrown, so that
// one run shows all of them.

/** Where a value is written. Line and column count from 1. */
export interface Place {
  /** As it is shown: the path as the user gave it, or "-" for stdin. */
  file: string;
  line: number;
  column: number;
}

export interface Finding {
  level: "error" | "warning";
  place: Place;
  /** The subject, mostly a path of keys: "services.web.image". */
  what: string;
  why: string;
  /** What to write instead, or what to type next: a sentence. */
  next: string;
}

export class Findings {
  readonly list: Finding[] = [];

  error(place: Place, what: string, why: string, next: string): void {
    this.list.push({ level: "error", place, what, why, next });
  }

  warn(place: Place, what: string, why: string, next: string): void {
    this.list.push({ level: "warning", place, what, why, next });
  }

  get failed(): boolean {
    return this.list.some(({ level }) => level === "error");
  }
}

/** "compose.yaml:4:7: services.web.image: why. What next." in one line. */
export function findingText({ level, place, what, why, next }: Finding): string {
  const kind = level === "warning" ? "warning: " : "";
  const subject = what === "" ? "" : `${what}: `;
  return `${place.file}:${place.line}:${place.column}: ${kind}${subject}${why}. ${next}`;
}
