// The address of an HTTP server as a URL.

/** `host`: a name or an IP address; one of IPv6 gets its brackets. */
export function serverUrl(host: string, port: number): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** The URL for messages and logs: without the password that it may contain. */
export function shownUrl(url: string): string {
  return url.replace(/(^|\/\/)[^/@?#]*@/, "$1***@");
}
