import { beforeEach, describe, expect, it } from 'vitest';
import { settle } from '../../test/doubles/fake-clock.ts';
import { backupView, drillView } from '../../test/doubles/scripted-backups.ts';
import { ScriptedCli } from '../../test/doubles/scripted-cli.ts';
import { VigilError } from '../errors.ts';

let cli: ScriptedCli;

beforeEach(async () => {
  cli = new ScriptedCli();
  cli.backups.list = [backupView('main'), backupView('sales')];
  await cli.clock.advance(2 * 3_600_000);
});

const json = () => JSON.parse(cli.stdout.text);
const { id } = backupView('main');
const failure = {
  passed: false,
  problem: 'A browser finds no record in signal-storage, which had some when it was taken.',
  backup: backupView('main', { state: 'demoted', problem: 'A drill found it wanting.' }),
};

describe('drill', () => {
  it('says what it proved, how long it took and how much it was', async () => {
    cli.backups.steps = [{ step: 'open', done: null, total: null }];
    expect(await cli.run('drill main')).toBe(0);
    expect(cli.stdout.text).toBe(
      `Of main, the backup of 2 h ago (${id}, 25 MB) has passed its drill, which took 8 s: 60 MB unpacked, 3 login keys and 4 databases with 12345 records found, in Chromium 156.0.8078.79.\n`,
    );
    expect(cli.stderr.text).toContain(
      'Drilling a backup of main: opening it in a browser without a network …',
    );
    expect(cli.backups.calls).toEqual(['drill main "latest"']);
  });

  it('has the exit code of a damaged backup where it fails, and says what to do', async () => {
    cli.backups.drilled.set('main', failure);
    expect(await cli.run('drill main')).toBe(4);
    expect(cli.stdout.text).toMatchInlineSnapshot(`
      "Of main, the backup of 2 h ago (20260101T000000Z-3-0123456789ab, 25 MB) has FAILED its drill, which took 8 s: 60 MB unpacked, 3 login keys and 4 databases with 12345 records found, in Chromium 156.0.8078.79.
        A browser finds no record in signal-storage, which had some when it was taken.
        It is tried after all others from now on. Take another one, and drill it: \`vigil backup main\`, \`vigil drill main\`. Where you know better: \`vigil backups main --clear 20260101T000000Z-3-0123456789ab\`.
      "
    `);
  });

  it('prints what came of it and nothing else with --json, and takes a backup by its id', async () => {
    cli.backups.drilled.set('main', failure);
    expect(await cli.run(`drill main --backup ${id} --json`)).toBe(4);
    expect(json()).toEqual({ ...drillView(backupView('main')), ...failure });
    expect(cli.backups.calls).toEqual([`drill main {"id":"${id}"}`]);
    expect(await cli.run(`drill --backup ${id}`)).toBe(2);
  });

  it('says of one that passes and was demoted that it still is', async () => {
    cli.backups.drilled.set('main', { backup: failure.backup });
    expect(await cli.run('drill main')).toBe(0);
    expect(cli.stdout.text).toContain(
      `still demoted. Where you know better: \`vigil backups main --clear ${id}\``,
    );
  });

  it('has the exit code of what kept it from its end', async () => {
    cli.backups.refuse('drill', new VigilError('drill_incomplete', 'The browser went away.'));
    expect(await cli.run('drill main')).toBe(69);
    expect(cli.stderr.text).toContain('The browser went away.');
  });

  it('goes through all sessions, one after the other, whatever comes of each', async () => {
    cli.operations.add('main').add('sales').add('new', { phone: null }).add('night');
    cli.backups.drilled.set('main', failure);
    cli.backups.refuse('drill', new VigilError('disk_full', 'There is no room for a copy.'), 'night');
    expect(await cli.run('drill')).toBe(4);
    expect(cli.stdout.text).toMatchInlineSnapshot(`
      "SESSION  OUTCOME      BACKUP                           SIZE   TOOK
      main     failed       20260101T000000Z-3-0123456789ab  25 MB  8 s
        A browser finds no record in signal-storage, which had some when it was taken.
        It is tried after all others from now on. Take another one, and drill it: \`vigil backup main\`, \`vigil drill main\`. Where you know better: \`vigil backups main --clear 20260101T000000Z-3-0123456789ab\`.
      sales    passed       20260101T000000Z-3-0123456789ab  25 MB  8 s
      new      not linked   –                                –      –
        The vault holds no such backup.
      night    not drilled  –                                –      –
        There is no room for a copy.
        What to do: Free space or enlarge the volume.

      1 passed, 1 failed: main; not drilled: night.
      "
    `);
    cli.backups.drilled.clear();
    cli.stdout.text = '';
    expect(await cli.run('drill --json')).toBe(74);
    expect(json()).toMatchObject([
      { session: 'main', drill: { passed: true }, error: null },
      { session: 'sales', drill: { passed: true }, error: null },
      { session: 'new', drill: null, error: { code: 'backup_not_found' } },
      { session: 'night', drill: null, error: { code: 'disk_full' } },
    ]);
  });

  it('ends at Ctrl-C', async () => {
    cli.backups.gate.shut();
    const exit = cli.run('drill main');
    await settle();
    cli.interruption.abort();
    expect(await exit).toBe(130);
    expect(cli.backups.ended).toEqual(['drill main: aborted']);
    expect(cli.stdout.text).toBe('Broken off. Nothing was changed.\n');
  });
});
