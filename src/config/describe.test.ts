import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configurationPage, effectiveSettings, exampleEnv } from './describe.ts';
import { documents } from './documents.ts';
import { loadSettings } from './load.ts';
import { schema, settingKeys } from './settings.ts';

describe('the settings in force', () => {
  const key = 'a-very-secret-key-of-mine';
  const { settings, sources } = loadSettings({
    env: { VIGIL_API_KEY: key, VIGIL_HEARTBEAT: 'off' },
    flags: { port: '8080' },
    cwd: '/srv',
  });
  const rows = effectiveSettings(settings, sources);
  const row = (name: string) => rows.find((candidate) => candidate.name === name);

  it('are all shown, with where they come from', () => {
    expect(rows).toHaveLength(settingKeys.length);
    expect(row('PORT')).toEqual({ name: 'PORT', value: '8080', source: '--port', default: '2790' });
    expect(row('VIGIL_HEARTBEAT')).toMatchObject({ value: 'off', source: 'VIGIL_HEARTBEAT' });
    expect(row('VIGIL_DRAIN')).toMatchObject({ value: '45s', source: 'default' });
    expect(row('TZ')).toMatchObject({ value: null, source: 'default' });
  });

  it('mask secrets', () => {
    expect(row('VIGIL_API_KEY')?.value).toBe('********');
    expect(JSON.stringify(rows)).not.toContain(key);
  });
});

describe('the documentation', () => {
  it('names every setting', () => {
    for (const name of settingKeys.map((each) => schema[each].env)) {
      expect(configurationPage()).toContain(`\`${name}\``);
      expect(exampleEnv()).toContain(`#${name}=`);
    }
  });

  it('has a flag only where it is the name of the setting in kebab case', () => {
    for (const each of settingKeys) {
      const flag: string | undefined = 'flag' in schema[each] ? schema[each].flag : undefined;
      if (flag === undefined) continue;
      expect(flag.split(' ')[0]).toBe(`--${each.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
    }
  });

  it.each(documents().map(({ path, text }) => [path, text]))(
    '%s is current (node scripts/generate-docs.ts)',
    (path, text) => {
      expect(readFileSync(join(import.meta.dirname, '../..', path), 'utf8')).toBe(text);
    },
  );
});
