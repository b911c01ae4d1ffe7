/** Documented names that belong to a later version: refused rather than ignored, since somebody relies on them. */
export const laterNames: readonly (readonly [name: string, what: string])[] = [
  ['VIGIL_MAX_SESSIONS', 'a limit on the number of sessions'],
];

/** What the name will do one day, or null when it is no such name. */
export function laterMeaning(name: string): string | null {
  const fits = (pattern: string) =>
    pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
  return laterNames.find(([pattern]) => fits(pattern))?.[1] ?? null;
}

/** Names of the ecosystem that this version ignores. Platforms set them, so a warning and not a refusal. */
export const ignoredNames: Readonly<Record<string, string>> = {
  DATABASE_URL: 'Postgres is not part of this version yet; the registry is the SQLite file on the volume',
  REDIS_URL: 'Redis is not part of this version yet; one daemon runs all sessions of its volume',
};
