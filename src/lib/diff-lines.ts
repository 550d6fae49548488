// The lines that differ between two texts, in order, with some equal ones around them: a longest common subsequence.

export interface DiffLine {
  /** What the line has in front of it: " " in both, "-" only before, "+" only after; "@" stands for lines left out. */
  sign: " " | "-" | "+" | "@";
  text: string;
}

/** `around`: equal lines kept before and after each difference. Empty if the texts are equal. Time: the product of both. */
export function diffLines(before: readonly string[], after: readonly string[], around: number): DiffLine[] {
  const all = aligned(before, after);
  const isNear = all.map(() => false);
  all.forEach(({ sign }, at) => {
    if (sign !== " ") isNear.fill(true, Math.max(0, at - around), at + around + 1);
  });
  const shown: DiffLine[] = [];
  all.forEach((line, at) => {
    if (!isNear[at]) return;
    if (shown.length > 0 && !isNear[at - 1]) shown.push({ sign: "@", text: "" });
    shown.push(line);
  });
  return shown;
}

function aligned(before: readonly string[], after: readonly string[]): DiffLine[] {
  const common = commonLengths(before, after);
  const lines: DiffLine[] = [];
  let left = 0;
  let right = 0;
  while (left < before.length || right < after.length) {
    if (left < before.length && right < after.length && before[left] === after[right]) {
      lines.push({ sign: " ", text: before[left]! });
      left++;
      right++;
    } else if (left < before.length && common[left + 1]![right]! >= (common[left]![right + 1] ?? -1)) {
      lines.push({ sign: "-", text: before[left++]! });
    } else lines.push({ sign: "+", text: after[right++]! });
  }
  return lines;
}

/** [i][j]: the length of the longest common subsequence of the ends of both texts, from line i and from line j on. */
function commonLengths(before: readonly string[], after: readonly string[]): Uint32Array[] {
  const lengths = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1));
  for (let left = before.length - 1; left >= 0; left--) {
    for (let right = after.length - 1; right >= 0; right--) {
      lengths[left]![right] =
        before[left] === after[right]
          ? lengths[left + 1]![right + 1]! + 1
          : Math.max(lengths[left + 1]![right]!, lengths[left]![right + 1]!);
    }
  }
  return lengths;
}
