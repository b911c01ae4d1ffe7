import { expect, it } from 'vitest';
import { liesOnVolume, volumeLayout } from './layout.ts';

const layout = volumeLayout('/data');
const at = (path: string) => liesOnVolume({ kind: 'directory', path }, layout);

it('a vault lies on the volume wherever below its root it is', () => {
  expect(at(layout.vault)).toBe(true);
  expect(at('/data/backups')).toBe(true);
  expect(at('/data')).toBe(true);
  expect(at('/data/..backups')).toBe(true);
});

it('a vault elsewhere does not, nor does one that is no directory', () => {
  expect(at('/data2/backups')).toBe(false);
  expect(at('/mnt')).toBe(false);
  expect(at('/')).toBe(false);
  expect(liesOnVolume({ kind: 's3' }, layout)).toBe(false);
});
