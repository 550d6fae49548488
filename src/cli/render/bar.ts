// A share as a small bar of block characters: "█▌░░░".

const cells = 5;
const parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** `share` from 0 to 1; what is above is shown as full. A share above 0 shows something. */
export function bar(share: number): string {
  const bounded = Math.min(1, Math.max(0, share));
  const eighths = bounded > 0 ? Math.max(1, Math.round(bounded * cells * 8)) : 0;
  const drawn = "█".repeat(Math.floor(eighths / 8)) + parts[eighths % 8];
  return drawn.padEnd(cells, "░");
}
