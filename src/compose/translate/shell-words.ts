// A command as one text, split into words as compose does: blanks separate, quotes and backslashes keep them. It is no shell: nothing
// is replaced.

/** Null if a quote is not closed, or nothing follows a backslash. */
export function shellWords(text: string): string[] | null {
  const words: string[] = [];
  let word: string | null = null;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at]!;
    if (/\s/.test(sign)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (sign === "\\") {
      if (++at >= text.length) return null;
      word = `${word ?? ""}${text[at]}`;
    } else if (sign === "'") {
      const end = text.indexOf("'", at + 1);
      if (end < 0) return null;
      word = `${word ?? ""}${text.slice(at + 1, end)}`;
      at = end;
    } else if (sign === '"') {
      const quoted = /^"((?:[^"\\]|\\.)*)"/s.exec(text.slice(at));
      if (!quoted) return null;
      word = `${word ?? ""}${quoted[1]!.replace(/\\(["\\$`])/g, "$1")}`;
      at += quoted[0].length - 1;
    } else word = `${word ?? ""}${sign}`;
  }
  if (word !== null) words.push(word);
  return words;
}
