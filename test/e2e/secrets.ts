/** What may not be seen where it was not asked for, and the search for it. */

export interface Secret {
  readonly what: string;
  readonly text: string;
}

/** Shorter parts (the platform's number) are no secrets, and would be found everywhere. */
const shortest = 8;

/** The whole and each of its parts: reference, keys and the secret of the login to be. */
export function partsOfQr(qr: string): readonly Secret[] {
  const parts = qr.split(',').filter((part) => part.length >= shortest);
  return [{ what: 'a QR', text: qr }, ...parts.map((text) => ({ what: 'a part of a QR', text }))];
}

/** One sentence for each secret and place; the texts are those of a test and may be told. */
export function leaks(places: ReadonlyMap<string, string>, secrets: readonly Secret[]): readonly string[] {
  const found = new Set<string>();
  for (const [place, text] of places) {
    for (const secret of secrets) {
      const at = text.indexOf(secret.text);
      if (at < 0) continue;
      const around = text.slice(Math.max(0, at - 120), at + secret.text.length + 20);
      found.add(`${secret.what} can be seen in ${place}: … ${around} …`);
    }
  }
  return [...found];
}
