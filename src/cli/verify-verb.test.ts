import { beforeEach, describe, expect, it } from 'vitest';
import { settle } from '../../test/doubles/fake-clock.ts';
import { soundCheck } from '../../test/doubles/scripted-backups.ts';
import { ScriptedCli } from '../../test/doubles/scripted-cli.ts';
import { VigilError } from '../errors.ts';

let cli: ScriptedCli;

beforeEach(async () => {
  cli = new ScriptedCli();
  await cli.clock.advance(2 * 3_600_000);
});

const json = () => JSON.parse(cli.stdout.text);
describe('verify', () => {
  const torn = { soundness: 'damaged', problem: 'IndexedDB: table 12 is missing.', warnings: [] } as const;
  const absent = { soundness: 'absent', problem: 'There is no profile.', warnings: [] } as const;

  it('shows verdicts and sentences, and exits as a damaged profile does', async () => {
    cli.operations.add('main').add('sales').add('new', { phone: null }).add('night');
    cli.backups.checks
      .set('main', { profile: soundCheck, backup: { ...soundCheck, id: '20260101T000000Z-3-0123456789ab' } })
      .set('sales', {
        profile: torn,
        backup: {
          soundness: 'sound',
          problem: null,
          warnings: ['A torn record was passed over.'],
          id: 'b-1',
        },
      })
      .set('new', { profile: absent, backup: null });
    cli.backups.refuse('verify', new VigilError('disk_full', 'There is no room for a copy.'), 'night');
    expect(await cli.run('verify')).toBe(4);
    expect(cli.stdout.text).toMatchInlineSnapshot(`
      "SESSION  WHAT                             VERDICT
      main     profile                          sound
      main     20260101T000000Z-3-0123456789ab  sound
      sales    profile                          damaged
        IndexedDB: table 12 is missing.
        What to do: \`vigil restore sales\` puts a backup in its place; what is there goes to quarantine.
      sales    b-1                              sound
        A torn record was passed over.
      new      profile                          not linked
      night    –                                not seen
        There is no room for a copy.
        What to do: Free space or enlarge the volume.

      1 of 5 not sound; not looked at: night.
      "
    `);
  });

  it('is content where all is sound', async () => {
    cli.operations.add('main').add('new', { phone: null });
    cli.backups.checks.set('new', { profile: absent, backup: null });
    expect(await cli.run('verify')).toBe(0);
    expect(cli.stdout.text).toContain('\nEverything that was looked at is sound.\n');
  });

  it('does not excuse a login that was lost', async () => {
    cli.operations.add('old', { phone: null, status: 'failed', reason: 'no_sound_profile' });
    cli.backups.checks.set('old', { profile: absent, backup: null });
    expect(await cli.run('verify')).toBe(4);
  });

  it.each(['no_login', 'damaged', 'absent', 'unverifiable'] as const)(
    '%s is not sound',
    async (soundness) => {
      cli.backups.checks.set('main', {
        profile: soundCheck,
        backup: { soundness, problem: 'Something.', warnings: [], id: 'b-1' },
      });
      expect(await cli.run('verify main --json')).toBe(4);
      expect(json()).toEqual({ session: 'main', ...cli.backups.checks.get('main') });
    },
  );

  it('has the exit code of what kept it from looking', async () => {
    cli.operations.add('main').add('night');
    cli.backups.refuse('verify', new VigilError('disk_full', 'There is no room for a copy.'), 'night');
    expect(await cli.run('verify --json')).toBe(74);
    expect(json()).toEqual([
      { session: 'main', profile: soundCheck, backup: null, error: null },
      {
        session: 'night',
        profile: null,
        backup: null,
        error: expect.objectContaining({ code: 'disk_full' }),
      },
    ]);
  });

  it('ends at Ctrl-C', async () => {
    cli.backups.gate.shut();
    const exit = cli.run('verify main');
    await settle();
    cli.interruption.abort();
    expect(await exit).toBe(130);
    expect(cli.backups.ended).toEqual(['verify main: aborted']);
    expect(cli.stdout.text).toBe('Broken off before everything was looked at. Nothing was changed.\n');
  });
});
