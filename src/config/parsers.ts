/** Readers of the values that settings take. Each refuses whatever is not exactly of its form. */
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { isSessionId, type SessionId, sessionId } from '../session/id.ts';
import { formatBytes, parseBytes } from '../wording/bytes.ts';
import { formatDuration, parseDuration } from '../wording/duration.ts';
import type { Parsed, Parser } from './setting.ts';

const refused = { ok: false } as const;
const read = <T>(value: T): Parsed<T> => ({ ok: true, value });

interface Range {
  readonly min: number;
  readonly max: number;
}

const within = (value: number | null, range: Range): Parsed<number> =>
  value !== null && value >= range.min && value <= range.max ? read(value) : refused;

export function duration(range: Range): Parser<number> {
  return {
    expected: `a duration from ${formatDuration(range.min)} to ${formatDuration(range.max)}, such as 45s, 2m or 1h30m`,
    parse: (text) => within(parseDuration(text), range),
    format: formatDuration,
  };
}

/** The values of another parser, or `off`, which reads as null. */
export function orOff<T>(inner: Parser<T>): Parser<T | null> {
  return {
    expected: `${inner.expected}, or off`,
    parse: (text, cwd) => (text === 'off' ? read(null) : inner.parse(text, cwd)),
    format: (value) => (value === null ? 'off' : inner.format(value)),
  };
}

/** The values of another parser, or `auto`, which leaves it to the program. */
export function orAuto<T>(inner: Parser<T>): Parser<T | 'auto'> {
  return {
    expected: `auto, or ${inner.expected}`,
    parse: (text, cwd) => (text === 'auto' ? read('auto') : inner.parse(text, cwd)),
    format: (value) => (value === 'auto' ? 'auto' : inner.format(value)),
  };
}

export function bytes(range: Range): Parser<number> {
  return {
    expected: `a size from ${formatBytes(range.min)} to ${formatBytes(range.max)}, such as 100m or 2g`,
    parse: (text) => within(parseBytes(text), range),
    format: formatBytes,
  };
}

export function integer(range: Range): Parser<number> {
  return {
    expected: `a whole number from ${range.min} to ${range.max}`,
    // No sign, no leading zero, no exponent: what a person means by a number.
    parse: (text) => (/^(0|[1-9]\d{0,9})$/.test(text) ? within(Number(text), range) : refused),
    format: String,
  };
}

export function oneOf<const T extends string>(...words: readonly T[]): Parser<T> {
  return {
    expected: `one of ${words.join(', ')}`,
    parse: (text) => {
      const word = words.find((candidate) => candidate === text);
      return word === undefined ? refused : read(word);
    },
    format: (word) => word,
  };
}

export const onOff: Parser<boolean> = {
  expected: 'on or off',
  parse: (text) => (text === 'on' ? read(true) : text === 'off' ? read(false) : refused),
  format: (value) => (value ? 'on' : 'off'),
};

/** Text of a given form. */
export function text(expected: string, pattern: RegExp): Parser<string> {
  return {
    expected,
    parse: (found) => (pattern.test(found) ? read(found) : refused),
    format: (value) => value,
  };
}

export const path: Parser<string> = {
  expected: 'a path',
  parse: (found, cwd) => {
    if (found === '' || found !== found.trim() || found.includes('\0')) return refused;
    if (found.startsWith('~'))
      return { ok: false, found: `${JSON.stringify(found)}: only a shell expands ~` };
    return read(resolve(cwd, found));
  },
  format: (value) => value,
};

/** Whoever reads one of ours would read a secret of the daemon, or believe that it could change it. */
const ownVariable = /^VIGIL_/i;

export const variableNames: Parser<readonly string[]> = {
  expected: 'names of variables separated by commas, such as OPENAI_API_KEY,DATABASE_PATH',
  parse: (found) => {
    const names = found.split(',');
    if (!names.every((name) => /^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name))) return refused;
    const own = names.find((name) => ownVariable.test(name));
    if (own !== undefined) return { ok: false, found: `${own}, which is a setting of the daemon` };
    return read([...new Set(names)]);
  },
  format: (names) => names.join(','),
};

/** Without a slash at its end. A key in an address would be shown wherever the address is. */
export const webAddress: Parser<string> = {
  expected: 'an address that begins with https:// or http://, without a user, a query or a fragment',
  parse: (found) => {
    if (!/^https?:\/\/[\x21-\x7e]+$/.test(found) || !URL.canParse(found)) return refused;
    const { username, password, search, hash, href } = new URL(found);
    if (username !== '' || password !== '')
      return { ok: false, found: 'one with a user or a password in it' };
    return search === '' && hash === '' && !/[?#]/.test(found) ? read(href.replace(/\/+$/, '')) : refused;
  },
  format: (value) => value,
};

export const hostName: Parser<string> = {
  expected: 'an IP address or a host name, such as 127.0.0.1, :: or localhost',
  parse: (found) =>
    isIP(found) || (/^(?!-)[A-Za-z0-9.-]{1,253}$/.test(found) && !/^[\d.]+$/.test(found))
      ? read(found)
      : refused,
  format: (value) => value,
};

export const timeZone: Parser<string> = {
  expected: 'a time zone, such as Europe/Berlin or UTC',
  parse: (found) => {
    try {
      new Intl.DateTimeFormat('en', { timeZone: found });
      return read(found);
    } catch {
      return refused;
    }
  },
  format: (value) => value,
};

export const sessionIds: Parser<readonly SessionId[]> = {
  expected: 'session ids separated by commas, such as main,sales',
  parse: (found) => {
    const ids: SessionId[] = [];
    for (const part of found.split(',')) {
      if (!isSessionId(part))
        return { ok: false, found: `${JSON.stringify(found.slice(0, 200))}: ${whyNot(part)}` };
      if (ids.includes(part)) return { ok: false, found: `${JSON.stringify(part)} twice` };
      ids.push(part);
    }
    return read(ids);
  },
  format: (ids) => ids.join(','),
};

function whyNot(id: string): string {
  try {
    sessionId(id);
    return '';
  } catch (error) {
    // Becomes the middle of a sentence.
    return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
  }
}
