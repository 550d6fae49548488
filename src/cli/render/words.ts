// Counts and lists within a sentence.

/** "1 task", "2 tasks" */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Names in a sentence; a count stands for the others. */
export const namedAtMost = 5;

/** "n1, n2, n3, n4, n5 and 3 more" */
export function listed(names: readonly string[], separator = ", "): string {
  const named = names.slice(0, namedAtMost).join(separator);
  return names.length > namedAtMost ? `${named} and ${names.length - namedAtMost} more` : named;
}
