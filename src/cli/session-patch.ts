import { path } from '../config/parsers.ts';
import { VigilError } from '../errors.ts';
import type { SettingsPatch } from '../session/session-view.ts';
import { nearest } from '../wording/nearest.ts';
import { period } from '../wording/period.ts';

const names = ['heartbeat', 'watchdog', 'activity', 'presence', 'bot'] as const;
type Name = (typeof names)[number];

/** What `--set name=value` and `--unset name` ask for, checked. Relative paths are resolved against `cwd`. */
export function sessionPatch(set: readonly string[], unset: readonly string[], cwd: string): SettingsPatch {
  const patch: { -readonly [Key in keyof SettingsPatch]: SettingsPatch[Key] } = {};
  for (const assignment of set) {
    const at = assignment.indexOf('=');
    if (at < 0)
      throw new VigilError('usage', `"${assignment}" is not of the form name=value.`, {
        remedy: 'Write `--set heartbeat=2m`.',
      });
    const name = nameOf(assignment.slice(0, at));
    const value = assignment.slice(at + 1);
    if (name === 'presence') patch.presence = onOff(value);
    else if (name === 'bot') patch.bot = modulePath(value, cwd);
    else patch[name] = period(name, value);
  }
  for (const word of unset) patch[nameOf(word)] = null;
  return patch;
}

function nameOf(word: string): Name {
  const name = names.find((known) => known === word);
  if (name) return name;
  const meant = nearest(word, names);
  throw new VigilError(
    'usage',
    `A session has no setting "${word}".${meant ? ` Did you mean ${meant}?` : ''}`,
    {
      remedy: `It has ${names.join(', ')}.`,
    },
  );
}

function onOff(value: string): boolean {
  if (value === 'on' || value === 'off') return value === 'on';
  throw new VigilError('usage', `The presence is on or off, not "${value}".`, {
    remedy: 'Write `--set presence=off`.',
  });
}

function modulePath(value: string, cwd: string): string | false {
  if (value === 'off') return false;
  const parsed = path.parse(value, cwd);
  if (parsed.ok) return parsed.value;
  throw new VigilError(
    'usage',
    `The bot is a path of a module or off, not ${parsed.found ?? `"${value}"`}.`,
    {
      remedy: 'Write `--set bot=./bot.mjs`, or `--set bot=off` for none.',
    },
  );
}
