// Parses the curl commands of a document into requests, so that tests can send them. Unknown flags are an error.

export interface Example {
  /** The command on one line. */
  command: string;
  request: Request;
  /** True when the body is a file, which the test provides. */
  file: boolean;
}

/** Every command that begins with "curl" in the ```sh blocks of a document. */
export function curlExamples(markdown: string): Example[] {
  const blocks = [...markdown.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map((match) => match[1]!);
  return blocks
    .flatMap((block) => block.replaceAll("\\\n", " ").split(/\n(?=curl )/))
    .map((command) => command.trim())
    .filter((command) => command.startsWith("curl "))
    .map((command) => ({ command, request: requestOf(command), file: / --data-binary @/.test(command) }));
}

function requestOf(command: string): Request {
  const [, ...words] = shellWords(command);
  const headers = new Headers({ host: "localhost:8080" });
  let method: string | undefined;
  let body: string | undefined;
  let url: string | undefined;
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === "-X") method = words.shift();
    else if (word === "-H") headers.append(...headerOf(words.shift() ?? ""));
    else if (word === "-d" || word === "--data-binary") body = words.shift();
    else if (word === "-o")
      words.shift(); // the output file
    else if (/^-[sNif]+$/.test(word))
      continue; // flags for output
    else if (word.startsWith("-")) throw new Error(`curl ${word} is not supported: ${command}`);
    else if (url !== undefined) throw new Error(`two addresses: ${command}`);
    else url = word;
  }
  if (url === undefined) throw new Error(`no address: ${command}`);
  // Like curl: a body means POST and a form, unless other flags say otherwise.
  if (body !== undefined && !headers.has("content-type"))
    headers.set("content-type", "application/x-www-form-urlencoded");
  const address = url.includes("://") ? url : `http://${url}`;
  return new Request(address, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers,
    ...(body === undefined ? {} : { body }),
  });
}

function headerOf(text: string): [string, string] {
  const colon = text.indexOf(":");
  return [text.slice(0, colon), text.slice(colon + 1).trim()];
}

export function shellWords(line: string): string[] {
  return [...line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) =>
    word.replace(/'([^']*)'|"([^"]*)"/g, (_, single, double) => single ?? double),
  );
}
