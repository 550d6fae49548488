// Checks of ports and IP addresses on the command line. They repeat rules of model/fields.ts, because loading the
// validator would take a third of the start time of a command.

export function parsePortNumber(text: string, least: 0 | 1): number | undefined {
  const port = Number(text);
  return /^\d{1,5}$/.test(text) && port >= least && port <= 65_535 ? port : undefined;
}

export function isIpAddress(text: string): boolean {
  const bytes = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (bytes) return bytes.slice(1).every((byte) => Number(byte) <= 255 && String(Number(byte)) === byte);
  return text.includes(":") && URL.canParse(`http://[${text}]/`);
}
