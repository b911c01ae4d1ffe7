/**
 * Secrets that are known by value: the API key, the vault's key, a database password. Whoever reads one from
 * the settings registers it, and no line shows it in whatever form somebody put it.
 */
const registered = new Map<string, number>();
let longestFirst: readonly string[] = [];

/** A shorter one would mask ordinary words, and protects nothing. */
const shortest = 4;

/** Masks this value in every line from now on; the returned function ends that. */
export function registerSecret(value: string): () => void {
  if (value.length < shortest) return () => {};
  const forms = formsOf(value);
  for (const form of forms) registered.set(form, (registered.get(form) ?? 0) + 1);
  sort();
  let active = true;
  return () => {
    if (!active) return;
    active = false;
    for (const form of forms) {
      const left = (registered.get(form) ?? 1) - 1;
      if (left > 0) registered.set(form, left);
      else registered.delete(form);
    }
    sort();
  };
}

export function maskRegistered(text: string): string {
  let masked = text;
  for (const form of longestFirst) masked = masked.replaceAll(form, '[secret]');
  return masked;
}

function formsOf(value: string): ReadonlySet<string> {
  const forms = new Set([
    value,
    encodeURIComponent(value.toWellFormed()),
    JSON.stringify(value).slice(1, -1),
  ]);
  for (const encoding of ['base64', 'base64url', 'hex'] as const) {
    const encoded = Buffer.from(value).toString(encoding).replace(/=+$/, '');
    if (encoded.length >= 8) forms.add(encoded);
  }
  return forms;
}

/** The longest first: one secret may be the beginning of another. */
function sort(): void {
  longestFirst = [...registered.keys()].sort((a, b) => b.length - a.length);
}
