/** The form of one setting. The list of them all is settings.ts. */

/** How a text was read. Nothing is coerced: what is not exactly of the expected form is refused. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  /** `found` says more than the quoted text would; `notYet` names what a later version will have. */
  | { readonly ok: false; readonly found?: string; readonly notYet?: string };

export interface Parser<T> {
  /** Completes the sentence "expected …". */
  readonly expected: string;
  /** Relative paths are resolved against `cwd`. */
  parse(text: string, cwd: string): Parsed<T>;
  /** The text that would be read as this value. */
  format(value: T): string;
}

export type Section = 'volume' | 'browser' | 'bot' | 'http' | 'supervision' | 'backup' | 'log';

interface Facts {
  readonly env: string;
  /** Further names that are consulted, in this order, when `env` is not set. */
  readonly alsoEnv?: readonly string[];
  /** `--name <value>` on the command line; the name is the setting's key in kebab case. */
  readonly flag?: string;
  readonly section: Section;
  /** Whole sentences, for the documentation. */
  readonly description: string;
  /** Never shown, quoted or logged. */
  readonly secret?: boolean;
}

/** From the values of the others, by their keys. */
export type Derived = (values: Readonly<Record<string, unknown>>) => string;

export interface Setting<T> extends Facts {
  readonly parser: Parser<T>;
  /** Read by the same parser. Null where a setting may be absent: its value is `absent` then. */
  readonly default: string | null;
  readonly absent?: T;
  /** A default that depends on other settings, which have none of this kind; `default` then describes it for people. */
  readonly derived?: Derived;
}

export function setting<T>(
  definition: Facts & { parser: Parser<T>; default: string; derived?: Derived },
): Setting<T> {
  return definition;
}

export function optional<T, A>(definition: Facts & { parser: Parser<T>; absent: A }): Setting<T | A> {
  return { ...definition, default: null };
}
