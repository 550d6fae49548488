// Labels of a selector in one line. Apart from the rest, so that the command line loads nothing else with it.

/** "app=web,tier=front" */
export function selectorText(selector: Readonly<Record<string, string>>): string {
  return Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}
