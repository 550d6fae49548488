// The plotting library, loaded so that it draws the same everywhere. It moves lines by half a pixel depending on the screen
// that it finds, or on globals of a test runner.

import type * as Library from "@observablehq/plot";

async function loaded(): Promise<typeof Library> {
  const had = Object.getOwnPropertyDescriptor(globalThis, "window");
  Object.defineProperty(globalThis, "window", { value: { devicePixelRatio: 2 }, configurable: true });
  try {
    return await import("@observablehq/plot");
  } finally {
    if (had) Object.defineProperty(globalThis, "window", had);
    else Reflect.deleteProperty(globalThis, "window");
  }
}

export const Plot = await loaded();
