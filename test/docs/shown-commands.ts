// Reads the ```console blocks of a document: the commands after "$ ", each with the output that the document shows for it.

export interface ConsoleStep {
  command: string;
  /** Without the final line feed. Empty if the document shows none. */
  output: string;
}

/** The blocks with a file name after the language: ```yaml compose.yaml. */
export function shownFiles(markdown: string): { name: string; text: string }[] {
  const blocks = markdown.matchAll(/^```\w+ (\S+)\n([\s\S]*?)^```$/gm);
  return [...blocks].map(([, name, text]) => ({ name: name!, text: text! }));
}

export function consoleSteps(markdown: string): ConsoleStep[] {
  const blocks = [...markdown.matchAll(/^```console\n([\s\S]*?)^```$/gm)].map((match) => match[1]!);
  return blocks
    .flatMap((block) => block.split(/^\$ /m).slice(1))
    .map((step) => step.trimEnd())
    .map((step) => {
      const [command = "", ...output] = step.split("\n");
      return { command, output: output.join("\n") };
    });
}

/** The text without what differs from run to run: ids, times, ports, users, sizes of the machine, and widths of columns. */
export function withoutVariables(text: string): string {
  return text
    .replace(/\b\d{14}-[a-z0-9]{8}\b/g, "ID")
    .replace(/-\d{14}(-[a-z0-9]{4})?\b/g, "-TIME")
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
    .replace(/\d\d:\d\d UTC on \d{4}-\d\d-\d\d/g, "TIME")
    .replace(/^(\S+ +)[a-z0-9]{8}(?= )/gm, "$1ID")
    .replace(/\b\d+(\.\d+)? ?m?s\b/g, "TIME")
    .replace(/\b(ready|draining) +[a-z0-9]{8}$/gm, "$1 ID")
    .replace(/(?<=\s)\d+m(?=\s)/g, "TIME")
    .replace(/:\d{5}->/g, ":PORT->")
    .replace(/\S+@\S+(?= )/g, "USER@HOST")
    .replace(/\b0\/[\d.]+/g, "0/N")
    .replace(/\brevision \d+/g, "revision N")
    .replace(/[ \t]+/g, " ")
    .replace(/ $/gm, "")
    .trim();
}

/** The document with what its commands printed, which are given in their order. Commands without output stay so. */
export function withOutputs(markdown: string, steps: readonly ConsoleStep[]): string {
  let done = "";
  let rest = markdown;
  for (const { command, output } of steps) {
    const line = `$ ${command}\n`;
    const from = rest.indexOf(line) + line.length;
    const end = from + rest.slice(from).search(/^(\$ |```)/m);
    done += rest.slice(0, from) + (rest.slice(from, end).trim() === "" ? "" : `${output.trimEnd()}\n`);
    rest = rest.slice(end);
  }
  return done + rest;
}
