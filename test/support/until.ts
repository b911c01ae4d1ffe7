/** Milliseconds. */
const lookEvery = 50;

/** Asks until there is something other than null, undefined or false; the deadline says what was missed. */
export async function until<T>(
  look: () => T | Promise<T>,
  what: string | (() => string),
  deadline = 30_000,
  every = lookEvery,
): Promise<Exclude<T, null | undefined | false>> {
  const end = performance.now() + deadline;
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) {
      return found as Exclude<T, null | undefined | false>;
    }
    if (performance.now() > end) {
      throw new Error(`not within ${deadline} ms: ${typeof what === 'string' ? what : what()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}
