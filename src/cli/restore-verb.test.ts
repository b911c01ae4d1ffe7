import { beforeEach, describe, expect, it } from 'vitest';
import { settle } from '../../test/doubles/fake-clock.ts';
import { backupView } from '../../test/doubles/scripted-backups.ts';
import { ScriptedCli } from '../../test/doubles/scripted-cli.ts';
import { VigilError } from '../errors.ts';

const newest = backupView('main', { state: 'rejected', problem: 'WhatsApp showed a QR when it was tried.' });
const good = backupView('main', {
  id: '20251231T020000Z-2-aaaaaaaaaaaa',
  takenAt: '2025-12-31T02:00:00.000Z',
});
const oldest = backupView('main', {
  id: '20251230T020000Z-1-bbbbbbbbbbbb',
  takenAt: '2025-12-30T02:00:00.000Z',
});

let cli: ScriptedCli;

/** The daemon starts it again, and it comes up. */
function comesUp(): void {
  cli.backups.before('restore', (id) => {
    cli.operations.change(id, { status: 'initializing', state: 'launching' });
    queueMicrotask(() => cli.operations.becomeReady(id));
  });
}

beforeEach(async () => {
  cli = new ScriptedCli();
  cli.operations.add('main');
  cli.backups.list = [newest, good, oldest];
  await cli.clock.advance(2 * 3_600_000);
});

const json = () => JSON.parse(cli.stdout.text);
const restored = (which: unknown, dryRun = false) => `restore main ${JSON.stringify({ which, dryRun })}`;

describe('restore', () => {
  it('names what will happen, asks, and waits until the session is online', async () => {
    cli.answers = ['y'];
    comesUp();
    expect(await cli.run('restore main')).toBe(0);
    expect(cli.stderr.text).toMatchInlineSnapshot(`
      "main is online. To restore it:
        its browser is closed
        the profile that is there goes to quarantine
        the backup of 1 d ago (20251231T020000Z-2-aaaaaaaaaaaa, 25 MB) takes its place
        it is started
      Restoring main …
      Restoring main: verifying …
      Starting main: online …
      "
    `);
    expect(cli.questions).toEqual(['Go on? [y/N] ']);
    expect(cli.stdout.text).toMatchInlineSnapshot(`
      "main has the backup of 1 d ago (20251231T020000Z-2-aaaaaaaaaaaa, 25 MB) in place. What was there is in quarantine: /data/vigil/quarantine/main/20260101T000000Z-restored
      main is online.
      "
    `);
    expect(cli.backups.calls).toEqual(['backups main', restored({ id: good.id })]);
    expect(cli.connections).toBe(0);
  });

  it.each(['', 'n', 'no', 'yesterday'])('changes nothing when %j is typed', async (answer) => {
    cli.answers = [answer];
    expect(await cli.run('restore main')).toBe(2);
    expect(cli.stderr.text).toContain('It was not confirmed; nothing was changed.');
    expect(cli.backups.calls).toEqual(['backups main']);
  });

  it('changes nothing when the person leaves', async () => {
    cli.answers = [null];
    expect(await cli.run('restore main')).toBe(130);
    expect(cli.stdout.text).toBe('Nothing was changed.\n');
    expect(cli.backups.calls).toEqual(['backups main']);
  });

  it('is refused where nobody can be asked, before anything is looked at', async () => {
    expect(await cli.run('restore main')).toBe(2);
    expect(cli.stderr.text).toContain('What to do: Add --yes to do it without being asked.\n');
    cli.answers = ['y'];
    expect(await cli.run('restore main --json')).toBe(2);
    expect(json().error.code).toBe('usage');
    expect([...cli.asked, ...cli.backups.calls, ...cli.questions]).toEqual([]);
  });

  it('asks nobody with --yes', async () => {
    comesUp();
    expect(await cli.run('restore main --yes --json')).toBe(0);
    expect(cli.backups.calls).toEqual([restored('latest')]);
    expect(json()).toEqual({
      session: 'main',
      backup: newest,
      dryRun: false,
      quarantined: cli.backups.quarantined,
    });
    expect(cli.stderr.text).toBe('');
  });

  it('takes the one that is named, and warns of what is wrong with it', async () => {
    cli.answers = ['yes'];
    comesUp();
    expect(await cli.run(`restore main --backup ${newest.id}`)).toBe(0);
    expect(cli.stderr.text).toContain('that backup is rejected: WhatsApp showed a QR when it was tried.\n');
    expect(cli.backups.calls).toContain(restored({ id: newest.id }));
  });

  it('takes the newest of a time', async () => {
    cli.answers = ['y'];
    comesUp();
    expect(await cli.run('restore main --at 2025-12-31T02:59+01:00')).toBe(0);
    expect(cli.backups.calls).toContain(restored({ id: oldest.id }));
    comesUp();
    expect(await cli.run('restore main --yes --at 2025-12-31T03:00+01:00')).toBe(0);
    expect(cli.backups.calls).toContain(restored({ at: '2025-12-31T02:00:00.000Z' }));
  });

  it.each([
    ['--at noon', 'Write a time with its zone'],
    ['--at 2025-12-31', 'Write a time with its zone'],
    ['--at 2025-12-31T02:00', 'Write a time with its zone'],
    ['--at 2026-02-30T02:00Z', 'Write a time with its zone'],
    ['--at 2025-12-31T24:00Z', 'Write a time with its zone'],
    [`--at 2025-12-31T02:00Z --backup ${good.id}`, 'cannot be used with'],
  ])('refuses %s', async (options, why) => {
    expect(await cli.run(`restore main --yes ${options}`)).toBe(2);
    expect(cli.stderr.text).toContain(why);
    expect(cli.backups.calls).toEqual([]);
  });

  it.each([
    ['--backup 20200101T000000Z-1-cccccccccccc', 'There is no backup "20200101T000000Z-1-cccccccccccc"'],
    ['--at 2020-01-01T00:00Z', 'There is no good backup of 2020-01-01T00:00:00Z or before'],
  ])('asks nothing where there is none: %s', async (options, why) => {
    cli.answers = [];
    expect(await cli.run(`restore main ${options}`)).toBe(3);
    expect(cli.stderr.text).toContain(why);
  });

  it('leaves a stopped session stopped', async () => {
    cli.operations.change('main', { wanted: 'stopped', status: 'stopped' });
    cli.backups.quarantined = null;
    expect(await cli.run('restore main --yes')).toBe(0);
    expect(cli.stdout.text).toBe(
      'main has the backup of 2 h ago (20260101T000000Z-3-0123456789ab, 25 MB) in place.\nIt stays stopped: `vigil start main` starts it.\n',
    );
  });

  it('waits for nothing without a daemon, or when told so', async () => {
    expect(await cli.run('restore main --yes --no-wait')).toBe(0);
    expect(cli.stdout.text).toContain('\nIt is being started.\n');
    cli.mode = 'volume';
    expect(await cli.run('restore main --yes')).toBe(0);
    expect(cli.stdout.text).toContain('\nNo daemon runs: `vigil serve` starts it.\n');
    expect(cli.operations.following).toBe(0);
  });

  it('brings back a session that the volume has forgotten', async () => {
    const empty = new ScriptedCli();
    empty.backups.list = [good];
    empty.answers = ['y'];
    empty.backups.before('restore', (id) => {
      empty.operations.add(id);
    });
    expect(await empty.run('restore main')).toBe(0);
    expect(empty.stderr.text).toContain('main is not on this volume. To restore it:\n');
    expect(empty.stdout.text).toContain('main is online.\n');
  });

  it('does not let a session that stays down look like a restore that failed', async () => {
    cli.backups.before('restore', (id) => cli.operations.fail(id, 'logged_out', 'Link it again.'));
    expect(await cli.run('restore main --yes --json')).toBe(6);
    expect(json().error).toMatchObject({
      code: 'session_failed',
      message: expect.stringMatching(
        /^Backup 20260101T000000Z-3-0123456789ab is in place\. Session "main" has failed/,
      ),
      remedy: 'Link it again.',
      details: { reason: 'logged_out', restored: { session: 'main', dryRun: false } },
    });
  });

  it('hands on why it was not done', async () => {
    cli.backups.refuse('restore', new VigilError('backup_damaged', 'Its archive is torn.'));
    expect(await cli.run('restore main --yes')).toBe(4);
    expect(cli.stderr.text).toContain('vigil: Its archive is torn.\n');
    expect(cli.stdout.text).toBe('');
  });

  it('goes on in the daemon after Ctrl-C', async () => {
    cli.backups.gate.shut();
    const exit = cli.run('restore main --yes');
    await settle();
    cli.interruption.abort();
    expect(await exit).toBe(130);
    expect(cli.stdout.text).toBe('Not waited for any longer. The restore of main goes on in the daemon.\n');
  });
});

describe('restore --dry-run', () => {
  it('asks nobody, says what would happen, and that nothing was changed', async () => {
    cli.backups.list = [good];
    expect(await cli.run('restore main --dry-run')).toBe(0);
    expect(cli.stdout.text).toMatchInlineSnapshot(`
      "main is online, and can be restored: the backup of 1 d ago (20251231T020000Z-2-aaaaaaaaaaaa, 25 MB) was fetched and is good. Nothing was changed. A restore would do this:
        its browser is closed
        the profile that is there goes to quarantine
        the backup of 1 d ago (20251231T020000Z-2-aaaaaaaaaaaa, 25 MB) takes its place
        it is started
      "
    `);
    expect(cli.backups.calls).toEqual([restored('latest', true)]);
    expect(cli.operations.calls).toEqual(['session main']);
  });

  it('says of a session that is to stay stopped that it is neither closed nor started', async () => {
    cli.operations.change('main', { wanted: 'stopped', status: 'stopped', state: 'stopped' });
    expect(await cli.run('restore main --dry-run --json')).toBe(0);
    expect(json()).toMatchObject({ dryRun: true, quarantined: null });
    expect(json().would).not.toContain('its browser is closed');
    expect(json().would).not.toContain('it is started');
  });

  it('ends at Ctrl-C', async () => {
    cli.backups.gate.shut();
    const exit = cli.run('restore main --dry-run --json');
    await settle();
    cli.interruption.abort();
    expect(await exit).toBe(130);
    expect(cli.stdout.text).toBe('null\n');
  });
});
