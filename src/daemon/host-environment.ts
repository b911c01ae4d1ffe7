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
