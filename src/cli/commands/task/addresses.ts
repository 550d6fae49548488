// Ports and IP addresses as they are typed. Beside model/fields.ts, which says the same but brings the validator along,
// whose loading costs a command a third of its start.

export function parsePortNumber(text: string, least: 0 | 1): number | undefined {
  const port = Number(text);
  return /^\d{1,5}$/.test(text) && port >= least && port <= 65_535 ? port : undefined;
}

export function isIpAddress(text: string): boolean {
  const bytes = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (bytes) return bytes.slice(1).every((byte) => Number(byte) <= 255);
  return text.includes(":") && URL.canParse(`http://[${text}]/`);
}
