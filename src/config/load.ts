/**
 * Settings from flags, environment and defaults, in this order of precedence. Either all are sound, or every
 * fault is reported in one error and nothing starts.
 */
import { VigilError } from '../errors.ts';
import { encryptionContradictions } from './encryption-settings.ts';
import { type Fault, faultsError, refusal } from './faults.ts';
import { isLoopback } from './loopback.ts';
import type { Setting } from './setting.ts';
import { type SettingKey, type Settings, schema, settingKeys, settingOf } from './settings.ts';
import { ignoredNames } from './unavailable.ts';
import { unknownNames } from './unknown-names.ts';
import { vaultContradictions } from './vault-settings.ts';

/** Where a value came from; `name` is the flag or the variable as a person wrote it. */
export type Source =
  | { readonly kind: 'flag'; readonly name: string }
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'default' };

export type Sources = { readonly [Key in SettingKey]: Source };

export interface LoadRequest {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** By the setting's key, which is what command-line parsers make of `--log-level`. */
  readonly flags?: { readonly [Key in SettingKey]?: string | undefined };
  /** Relative paths are resolved against it. */
  readonly cwd: string;
}

export interface Loaded {
  readonly settings: Settings;
  readonly sources: Sources;
  /** Whole sentences for the log; nothing in them is secret. */
  readonly warnings: readonly string[];
}

/** Throws `invalid_config` with every fault in `details`, or `not_yet_available` when there is no other kind. */
export function loadSettings(request: LoadRequest): Loaded {
  const faults: Fault[] = unknownNames(request.env);
  const values: Partial<Record<SettingKey, unknown>> = {};
  const sources: Partial<Record<SettingKey, Source>> = {};
  for (const key of settingKeys) {
    const definition = settingOf(key);
    const { text, source } = written(key, definition, request);
    sources[key] = source;
    if (text === null || source.kind === 'default') {
      if (!definition.derived) values[key] = defaultOf(definition, definition.default, request.cwd);
      continue;
    }
    const parsed = definition.parser.parse(text, request.cwd);
    if (parsed.ok) values[key] = frozen(parsed.value);
    else faults.push(refusal(definition, source.name, text, parsed));
  }
  for (const key of settingKeys) {
    const definition = settingOf(key);
    if (sources[key]?.kind === 'default' && definition.derived)
      values[key] = defaultOf(definition, definition.derived(values), request.cwd);
  }
  // Incomplete only when there are faults, and then nobody sees it.
  const settings = values as Settings;
  faults.push(...contradictions(settings));
  if (faults.length > 0) throw faultsError(faults);
  return {
    settings: Object.freeze(settings),
    sources: Object.freeze(sources as Sources),
    warnings: Object.entries(ignoredNames)
      .filter(([name]) => request.env[name] !== undefined && request.env[name] !== '')
      .map(([name, why]) => `${name} is set, but ${why}.`),
  };
}

/** What a person wrote, or null where nobody did. An empty text was written. */
function written(
  key: SettingKey,
  definition: Setting<unknown>,
  request: LoadRequest,
): { text: string | null; source: Source } {
  const flag = request.flags?.[key];
  if (flag !== undefined)
    return { text: flag, source: { kind: 'flag', name: definition.flag?.split(' ')[0] ?? definition.env } };
  for (const name of [definition.env, ...(definition.alsoEnv ?? [])]) {
    const text = request.env[name];
    if (text !== undefined) return { text, source: { kind: 'env', name } };
  }
  return { text: null, source: { kind: 'default' } };
}

function defaultOf(definition: Setting<unknown>, text: string | null, cwd: string): unknown {
  if (text === null) return frozen(definition.absent);
  const parsed = definition.parser.parse(text, cwd);
  if (!parsed.ok)
    throw new VigilError(
      'internal',
      `The default of ${definition.env} is not ${definition.parser.expected}.`,
    );
  return frozen(parsed.value);
}

const frozen = (value: unknown): unknown => (typeof value === 'object' ? Object.freeze(value) : value);

function contradictions(settings: Partial<Settings>): Fault[] {
  return [...openDoors(settings), ...vaultContradictions(settings), ...encryptionContradictions(settings)];
}

function openDoors(settings: Partial<Settings>): Fault[] {
  const { host, apiKey } = settings;
  if (apiKey !== null || host === undefined || isLoopback(host)) return [];
  const { env } = schema.apiKey;
  return [
    {
      name: env,
      kind: 'missing',
      message: `${env}: expected a key, since ${schema.host.env} ${host} can be reached from other machines; found none.`,
    },
  ];
}
