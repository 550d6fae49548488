// The archives of simulated volumes, whose files are one text: as complete for a check as a tar archive, and no more.

const blockBytes = 512;
/** Characters of the text in each block: so few that even a short text has several. */
const blockText = 8;

/** A block that looks like the header of an archive, blocks with the text, and the end. */
export function archiveOf(content: string): Uint8Array<ArrayBuffer>[] {
  const text = new TextEncoder();
  const block = (at: number, words: string) => {
    const bytes = new Uint8Array(blockBytes);
    bytes.set(text.encode(words), at);
    return bytes;
  };
  const texts = content.match(new RegExp(`.{1,${blockText}}`, "gs")) ?? [""];
  return [block(257, "ustar"), ...texts.map((words) => block(0, words)), block(0, ""), block(0, "")];
}

/** The text in the blocks that are complete. */
export function contentOf(archive: Uint8Array): string {
  const text = new TextDecoder();
  let content = "";
  for (let at = blockBytes; at + blockBytes <= archive.length; at += blockBytes)
    content += text.decode(archive.subarray(at, at + blockText)).replace(/\0+$/, "");
  return content;
}
