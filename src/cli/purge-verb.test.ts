import { beforeEach, describe, expect, it } from 'vitest';
import { backupView } from '../../test/doubles/scripted-backups.ts';
import { ScriptedCli } from '../../test/doubles/scripted-cli.ts';
import { VigilError } from '../errors.ts';

let cli: ScriptedCli;

beforeEach(async () => {
  cli = new ScriptedCli();
  await cli.clock.advance(2 * 3_600_000);
});

const json = () => JSON.parse(cli.stdout.text);
describe('purge', () => {
  beforeEach(() => {
    cli.operations.add('main');
    cli.backups.list = [
      backupView('main'),
      backupView('main', { id: '20251231T020000Z-2-aaaaaaaaaaaa', takenAt: '2025-12-31T02:00:00.000Z' }),
    ];
    cli.backups.erased = [
      '/data/whatsapp-sessions/session-main',
      '4 objects of its backups in /data/vigil/vault',
    ];
  });

  it('says what goes before and after, and asks for the id', async () => {
    cli.answers = [' main '];
    expect(await cli.run('purge main')).toBe(0);
    expect(cli.stderr.text).toMatchInlineSnapshot(`
      "Everything of main will be erased, and nothing brings it back:
        its profile, which is the login
        what lies in quarantine of it
        all 2 backups (50 MB), the newest of 2 h ago
        its record and its log
      Erasing main …
      Erasing main: verifying …
      "
    `);
    expect(cli.questions).toEqual(['Type main to erase all of it: ']);
    expect(cli.stdout.text).toBe(
      'main is erased:\n  /data/whatsapp-sessions/session-main\n  4 objects of its backups in /data/vigil/vault\n',
    );
  });

  it.each(['', 'y', 'yes', 'mai', 'MAIN'])('erases nothing when %j is typed', async (answer) => {
    cli.answers = [answer];
    expect(await cli.run('purge main')).toBe(2);
    expect(cli.stderr.text).toContain('It was not confirmed; nothing was changed.');
    expect(cli.backups.calls).toEqual(['backups main']);
  });

  it('erases nothing at Ctrl-C', async () => {
    cli.answers = [null];
    expect(await cli.run('purge main')).toBe(130);
    expect(cli.stdout.text).toBe('Nothing was erased.\n');
    expect(cli.backups.calls).toEqual(['backups main']);
  });

  it('is refused where nobody can be asked', async () => {
    expect(await cli.run('purge main')).toBe(2);
    expect(cli.stderr.text).toContain('Add --yes');
    cli.answers = ['main'];
    expect(await cli.run('purge main --json')).toBe(2);
    expect(json().error.code).toBe('usage');
    expect([...cli.backups.calls, ...cli.questions, ...cli.asked]).toEqual([]);
  });

  it('asks nobody with --yes, and prints an object with --json', async () => {
    expect(await cli.run('purge main --yes --json')).toBe(0);
    expect(json()).toEqual({ session: 'main', erased: cli.backups.erased });
    expect(cli.stderr.text).toBe('');
    expect(await cli.run('purge main --yes')).toBe(0);
    expect(cli.stderr.text).toContain('Everything of main will be erased');
  });

  it('also erases what is left of a session that is not known any more', async () => {
    cli.backups.refuse('backups', new VigilError('session_not_found', 'There is no session "main".'));
    expect(await cli.run('purge main --yes')).toBe(0);
    expect(cli.stderr.text).toContain('  no backups: there are none\n');
  });
});
