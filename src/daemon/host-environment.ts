/**
 * The environment of hosts and browsers: what programs need, and nothing that they could leak. The daemon's
 * keys stay with the daemon.
 */
const passed: ReadonlySet<string> = new Set([
  'PATH',
  'HOME',
  'LANG',
  'TZ',
  'TMPDIR',
  'DISPLAY',
  'XDG_RUNTIME_DIR',
  'LD_LIBRARY_PATH',
  'FONTCONFIG_PATH',
  'FONTCONFIG_FILE',
  'NODE_EXTRA_CA_CERTS',
]);
const passedPrefixes = ['LC_'] as const;

/** @param compileCache where Node keeps compiled code, so that the next host need not compile the library again */
export function hostEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  compileCache?: string | undefined,
): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(
    ([name]) => passed.has(name) || passedPrefixes.some((prefix) => name.startsWith(prefix)),
  );
  return {
    ...Object.fromEntries(kept),
    ...(compileCache === undefined ? {} : { NODE_COMPILE_CACHE: compileCache }),
  };
}

/** What bots get beside it, and nobody else: those variables of `names` that are set. */
export function botEnvironment(
  names: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Names that sound like a secret. Not every value: a mode or a place may be a word that lines need to be read. */
const sounding = /KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH|URL|URI|DSN|WEBHOOK/i;

/** The values that no log line may show. */
export function secretsOfBots(environment: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(environment).flatMap(([name, value]) => (sounding.test(name) ? [value] : []));
}

/** Variables that bots are to get and that are not there: whole sentences, for the log. */
export function missingForBots(
  names: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  return names
    .filter((name) => env[name] === undefined)
    .map((name) => `VIGIL_BOT_ENV names ${name}, which is not set, so bots do not get it.`);
}
