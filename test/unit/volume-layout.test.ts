/** volume-layout.md against the code that knows the paths. What a daemon really leaves is looked at in test/e2e. */
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sessionId } from '../../src/session/id.ts';
import { logPath, profilePath, recordPath, volumeLayout } from '../../src/volume/layout.ts';
import { repository } from '../support/source-tree.ts';
import { describedRows, isDescribed } from '../support/volume-document.ts';

const text = readFileSync(join(repository, 'volume-layout.md'), 'utf8');
const rows = describedRows(text);
const id = sessionId('main');

describe('the table', () => {
  it('says of every path what it is, who writes it, and whether it may be deleted', () => {
    expect(rows.length).toBeGreaterThan(20);
    for (const { paths, says } of rows) {
      expect(paths.length).toBeGreaterThan(0);
      expect(says, paths[0]?.path).toHaveLength(3);
      for (const cell of says) expect(cell, paths[0]?.path).not.toBe('');
      expect(says[2], paths[0]?.path).toMatch(/\b(?:yes|no|not|only|once|with no daemon)\b/i);
    }
  });

  it('has every path that the code knows', () => {
    const layout = volumeLayout('/v');
    const { root, bareDefault: _, ...paths } = layout;
    const known = [
      ...Object.values(paths),
      profilePath(layout, id),
      recordPath(layout, id),
      logPath(layout, id),
    ];
    const bare = profilePath(volumeLayout('/v', true), sessionId('default'));
    const missing = [...known, bare]
      .map((path) => relative(root, path))
      .filter((path) => !isDescribed(rows, path, true));
    expect(missing).toEqual([]);
  });

  it.each([
    ['vigil/registry.db-wal', true],
    ['vigil/registry.db.damaged-20261122T164200Z', true],
    ['vigil/lock.db-journal', true],
    ['vigil/logs/main.log.1', true],
    ['vigil/sessions/main.json.damaged-20261122T164200Z', true],
    ['vigil/sessions/.vigil-0123456789ab.tmp', true],
    ['vigil/vault/sessions/main/archives/.put-0123456789ab~', true],
    ['whatsapp-sessions/session-main/Default/Local Storage/leveldb/CURRENT', true],
    ['whatsapp-sessions/session', true],
    ['vigil/new.json', false],
    ['vigil/sessions/main.txt', false],
    ['whatsapp-sessions/other', false],
    ['photos', false],
  ])('tells what is described from what is not: %s', (path, is) => {
    expect(isDescribed(rows, path, false)).toBe(is);
  });

  it('has the two halves of a login in the profile', () => {
    const paths = rows.flatMap(({ paths }) => paths.map(({ path }) => path));
    for (const half of ['IndexedDB', 'Local Storage'])
      expect(paths).toContain(`whatsapp-sessions/session-<id>/Default/${half}/`);
  });
});

it('the picture shows what the table describes', () => {
  const picture = /```\n<volume>\/\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
  const stack: string[] = [];
  const shown = picture
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, lead = '', name = ''] = /^([│ ]*)[├└]── (\S+)/.exec(line) ?? [];
      stack.length = lead.length / 4;
      stack.push(name.replace(/\/$/, ''));
      return stack.join('/');
    });
  expect(shown.length).toBeGreaterThan(15);
  expect(shown.filter((path) => !isDescribed(rows, path, true))).toEqual([]);
});
