import { beforeEach, describe, expect, it } from 'vitest';
import { ScriptedCli } from '../../test/doubles/scripted-cli.ts';
import { sessionId } from '../session/id.ts';
import type { RecoverySessionView } from '../supervisor/recovery-operations.ts';

let cli: ScriptedCli;

const one = (session: string, changes: Partial<RecoverySessionView> = {}): RecoverySessionView => ({
  session: sessionId(session),
  action: 'restore',
  failure: null,
  phone: '…456',
  backup: { id: 'x', takenAt: '2026-01-01T00:00:00.000Z', bytes: 25 * 1024 ** 2 },
  guessed: false,
  ...changes,
});

beforeEach(async () => {
  cli = new ScriptedCli();
  await cli.clock.advance(2 * 3_600_000);
  cli.backups.recovery = {
    vault: 'supabase:whatsapp-backups',
    owner: null,
    snapshot: { id: 's', takenAt: '2026-01-01T01:00:00.000Z' },
    done: false,
    sessions: [
      one('main'),
      one('old', { action: 'failed', failure: 'logged_out' }),
      one('sales', { action: 'stopped', phone: null }),
      one('new', { action: 'pair', phone: null, backup: null }),
      one('gone', { action: 'lost', backup: null }),
      one('here', { action: 'there' }),
    ],
  };
});

const owner = { installation: 'ab'.repeat(16), host: 'web-1', renewedAt: '2026-01-01T01:30:00.000Z' };

describe('recover', () => {
  it('shows what each session becomes, and brings them back once that is agreed on', async () => {
    cli.answers = ['y'];
    expect(await cli.run('recover')).toBe(0);
    expect(cli.stderr.text.split('Looking into the vault: verifying …\n')[1]).toMatchInlineSnapshot(`
      "supabase:whatsapp-backups holds the records as of 1 h ago.
      SESSION  PHONE  BACKUP   SIZE   BECOMES
      main     …456   2 h ago  25 MB  restored and started
      old      …456   2 h ago  25 MB  failed (logged_out), as it was
      sales    –      2 h ago  25 MB  stopped, as it was
      new      –      –        –      a QR: it had no login
      gone     …456   –        –      started, but no backup of it can be used
      here     …456   2 h ago  25 MB  left alone: it is on the volume
      Bringing them back …
      Bringing them back: verifying …
      "
    `);
    expect(cli.questions).toEqual(['Go on? [y/N] ']);
    expect(cli.stdout.text).toMatchInlineSnapshot(`
      "5 sessions are back.
      They are being restored and started: \`vigil sessions\` shows how far they are.
      "
    `);
    expect(cli.backups.calls).toEqual([
      'recover all {"sessions":null,"takeOver":false,"dryRun":true}',
      'recover all {"sessions":null,"takeOver":false,"dryRun":false}',
    ]);
  });

  it('brings back what is named only', async () => {
    expect(await cli.run('recover --yes --session main --session sales')).toBe(0);
    expect(cli.backups.calls.at(-1)).toContain('"sessions":["main","sales"]');
  });

  it('changes nothing in a dry run, and asks nothing', async () => {
    expect(await cli.run('recover --dry-run')).toBe(0);
    expect(cli.stdout.text).toMatch(/Nothing was changed\.\n$/);
    expect(cli.backups.calls).toHaveLength(1);
  });

  it.each(['', 'n', 'no', 'main'])('changes nothing when %j is typed', async (answer) => {
    cli.answers = [answer];
    expect(await cli.run('recover')).toBe(2);
    expect(cli.backups.calls).toHaveLength(1);
  });

  it('changes nothing at Ctrl-C', async () => {
    cli.answers = [null];
    expect(await cli.run('recover')).toBe(130);
    expect(cli.backups.calls).toHaveLength(1);
  });

  it('names whose vault it was, and refuses without --take-over', async () => {
    cli.backups.recovery = { ...cli.backups.recovery, owner };
    expect(await cli.run('recover --yes')).toBe(4);
    expect(cli.stderr.text).toContain('The vault last was another installation');
    expect(cli.stderr.text).toContain('web-1');
  });

  it('says what has to be made sure of before a take-over', async () => {
    cli.backups.recovery = { ...cli.backups.recovery, owner };
    cli.answers = ['yes'];
    expect(await cli.run('recover --take-over')).toBe(0);
    expect(cli.stderr.text).toContain('Make sure that it is stopped and does not come back');
    expect(cli.backups.calls.at(-1)).toContain('"takeOver":true');
  });

  it('is one document with --json, and wants --yes', async () => {
    expect(await cli.run('recover --json')).toBe(2);
    cli = Object.assign(new ScriptedCli(), { backups: cli.backups });
    expect(await cli.run('recover --json --yes')).toBe(0);
    expect(JSON.parse(cli.stdout.text)).toMatchObject({
      done: true,
      sessions: [{ session: 'main' }, {}, {}, {}, {}, {}],
    });
  });

  it('without a daemon says who starts them', async () => {
    cli.mode = 'volume';
    expect(await cli.run('recover --yes')).toBe(0);
    expect(cli.stdout.text).toContain('`vigil serve` restores and starts them');
  });
});
