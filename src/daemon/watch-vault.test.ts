import { expect, it } from 'vitest';
import { alteredVault } from '../../test/doubles/altered-vault.ts';
import { backupWorld } from '../../test/doubles/backup-world.ts';
import type { BackupIncidents } from '../backup/incidents.ts';
import { VigilError } from '../errors.ts';
import { createLogger } from '../log.ts';
import { watchVault } from './watch-vault.ts';

async function watched(answers: readonly (VigilError | null)[]) {
  const { vault, clock } = await backupWorld();
  const lines: string[] = [];
  const log = createLogger({ level: 'info', clock, write: (line) => lines.push(JSON.parse(line).level) });
  const told: string[] = [];
  const incidents: BackupIncidents = {
    raise: (cause, _session, { problem }) => told.push(`${cause}: ${problem}`),
    resolve: (cause) => told.push(`${cause} is over`),
  };
  const left = [...answers];
  const check = async () => {
    const answer = left.shift() ?? null;
    if (answer) throw answer;
  };
  const stop = new AbortController();
  const watching = watchVault({ vault: alteredVault(vault, { check }), clock, log, incidents }, stop.signal);
  return { clock, lines, told, left, stop, watching };
}

const away = new VigilError('vault_unavailable', 'It is far away.');
const wrong = new VigilError('vault_refused', 'There is no such bucket.');

it('a vault that can be used is looked at once, and ends what was wrong with it', async () => {
  const { watching, told, clock } = await watched([null]);
  await watching;
  expect(told).toEqual(['vault_unreachable is over']);
  expect(clock.pending).toBe(0);
});

it('a vault that does not answer is looked at again until it does, and told once', async () => {
  const { watching, told, lines, clock } = await watched([away, away, null]);
  await clock.advance(10 * 60_000);
  await watching;
  expect(lines).toEqual(['warn', 'info']);
  expect(told).toEqual([
    'vault_unreachable: It is far away.',
    'vault_unreachable: It is far away.',
    'vault_unreachable is over',
  ]);
});

it('a vault that is set wrongly is an error, and keeps nobody from anything', async () => {
  const { watching, lines, clock, stop, left } = await watched([wrong, away, wrong]);
  await clock.advance(5 * 60_000);
  expect(lines).toEqual(['error', 'warn']);
  stop.abort();
  await watching;
  expect(left).toEqual([wrong]);
  expect(clock.pending).toBe(0);
});
