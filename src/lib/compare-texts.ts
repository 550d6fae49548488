// The order of texts by their code units: the same on every machine, unlike that of a language.

export function compareTexts(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}
