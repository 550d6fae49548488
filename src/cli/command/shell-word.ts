// Words in lines that a message shows for typing.

import { shownUrl } from "../../lib/server-url.ts";

/** Quoted so that a shell takes it as one word. A password in a URL is left out. */
export function shellWord(word: string): string {
  const shown = word.includes("://") ? shownUrl(word) : word;
  return /^[\w./:=@,+-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", "'\\''")}'`;
}
