// The byte order mark, which some editors write at the start of a text file. A file that two of them saved may have two.

export function withoutByteOrderMark(text: string): string {
  return text.replace(/^\ufeff+/, "");
}
