import { beforeEach, describe, expect, it } from 'vitest';
import { settle } from '../../test/doubles/fake-clock.ts';
import { backupView } from '../../test/doubles/scripted-backups.ts';
import { ScriptedCli } from '../../test/doubles/scripted-cli.ts';
import { VigilError } from '../errors.ts';

let cli: ScriptedCli;

beforeEach(async () => {
  cli = new ScriptedCli();
  await cli.clock.advance(2 * 3_600_000);
});

const json = () => JSON.parse(cli.stdout.text);
const damaged = new VigilError('profile_damaged', 'No backup was taken: a table is missing.', {
  remedy: 'Restore it.',
});
const refused = new VigilError('session_refused', 'Its login is not settled yet.');

describe('backup', () => {
  it('takes one and says what it is', async () => {
    cli.operations.add('main');
    expect(await cli.run('backup main')).toBe(0);
    expect(cli.stdout.text).toBe(
      'main is backed up: the backup of 2 h ago (20260101T000000Z-3-0123456789ab, 25 MB), from the running browser, which stood still for 12 ms.\n',
    );
    expect(cli.stderr.text).toBe('Backing up main …\nBacking up main: verifying …\n');
    expect(cli.connections).toBe(0);
  });

  it('prints the backup and nothing else with --json', async () => {
    cli.operations.add('main');
    expect(await cli.run('backup main --json')).toBe(0);
    expect(json()).toEqual(backupView('main'));
    expect(cli.stderr.text).toBe('');
  });

  it('shows a bar on a terminal, and takes it away', async () => {
    const terminal = new ScriptedCli({ isTTY: true, columns: 100 });
    terminal.operations.add('main');
    terminal.backups.steps = [
      { step: 'archive', done: 0, total: 40 * 1024 * 1024 },
      { step: 'archive', done: 10 * 1024 * 1024, total: 40 * 1024 * 1024 },
    ];
    terminal.backups.gate.shut();
    const exit = terminal.run('backup main');
    await terminal.clock.advance(100);
    terminal.backups.gate.open();
    expect(await exit).toBe(0);
    expect(terminal.stderr.text).toContain(
      'Backing up main: archiving …  ██████░░░░░░░░░░░░░░░░░░ 25 %  10 MB of 40 MB',
    );
    expect(terminal.stderr.text.endsWith('\r\u001b[2K')).toBe(true);
    expect(terminal.clock.pending).toBe(0);
  });

  it('hands on why none was taken', async () => {
    cli.backups.refuse('backup', damaged);
    expect(await cli.run('backup main')).toBe(4);
    expect(cli.stderr.text).toContain(
      'vigil: No backup was taken: a table is missing.\nWhat to do: Restore it.\n',
    );
  });

  it.each(['backup', 'backup main --all'])('%s is neither one nor all', async (line) => {
    expect(await cli.run(line)).toBe(2);
    expect(cli.stderr.text).toContain('Either one session or --all is backed up.');
    expect(cli.backups.calls).toEqual([]);
  });

  it('goes on in the daemon after Ctrl-C', async () => {
    cli.backups.gate.shut();
    const exit = cli.run('backup main');
    await settle();
    cli.interruption.abort();
    expect(await exit).toBe(130);
    expect(cli.stdout.text).toBe('Not waited for any longer. The backup of main goes on in the daemon.\n');
  });

  it('is no failure where the work breaks off by throwing', async () => {
    cli.mode = 'volume';
    cli.backups.before('backup', () => {
      cli.interruption.abort();
      cli.interruption.signal.throwIfAborted();
    });
    expect(await cli.run('backup main --json')).toBe(130);
    expect(cli.stdout.text).toBe('null\n');
  });
});

describe('backup --all', () => {
  beforeEach(() => {
    cli.operations.add('main').add('sales').add('new', { phone: null }).add('night');
    cli.backups.refuse('backup', damaged, 'sales');
    cli.backups.refuse('backup', refused, 'new');
  });

  it('goes on after a failure and tells which failed', async () => {
    expect(await cli.run('backup --all')).toBe(4);
    expect(cli.stdout.text).toMatchInlineSnapshot(`
      "SESSION  OUTCOME     BACKUP                           SIZE
      main     backed up   20260101T000000Z-3-0123456789ab  25 MB
      sales    failed      –                                –
        No backup was taken: a table is missing.
        What to do: Restore it.
      new      not linked  –                                –
        Its login is not settled yet.
      night    backed up   20260101T000000Z-3-0123456789ab  25 MB

      2 backed up, 1 failed: sales.
      "
    `);
  });

  it('prints an array with --json', async () => {
    expect(await cli.run('backup --all --json')).toBe(4);
    expect(json()).toEqual([
      { session: 'main', backup: backupView('main'), error: null },
      {
        session: 'sales',
        backup: null,
        error: { code: 'profile_damaged', message: damaged.message, remedy: 'Restore it.' },
      },
      { session: 'new', backup: null, error: expect.objectContaining({ code: 'session_refused' }) },
      { session: 'night', backup: backupView('night'), error: null },
    ]);
    expect(cli.stderr.text).toBe('');
  });

  it('is content where only what was never linked was refused', async () => {
    const calm = new ScriptedCli();
    calm.operations.add('new', { phone: null }).add('main');
    calm.backups.refuse('backup', refused, 'new');
    expect(await calm.run('backup --all')).toBe(0);
    expect(calm.stdout.text).toContain('1 backed up.\n');
  });

  it('does not excuse the refusal of one that is linked', async () => {
    cli.backups.refuse('backup', refused, 'sales');
    expect(await cli.run('backup --all')).toBe(4);
    expect(cli.stdout.text).toContain('2 backed up, 1 failed: sales.\n');
  });

  it('does not excuse another failure of one that was never linked', async () => {
    cli.backups.refuse('backup', new VigilError('vault_unavailable', 'The vault does not answer.'), 'new');
    expect(await cli.run('backup --all')).toBe(4);
    expect(cli.stdout.text).toContain('2 backed up, 2 failed: sales, new.\n');
  });

  it('begins no further one after Ctrl-C, and tells what was done', async () => {
    cli.backups.before('backup', () => cli.interruption.abort());
    expect(await cli.run('backup --all')).toBe(130);
    expect(cli.backups.calls).toEqual(['backup main', 'backup sales']);
    expect(cli.stdout.text).toContain('1 backed up.\n');
    expect(cli.stdout.text).toContain('The backup of sales goes on in the daemon.');
  });

  it('says so where there is nothing', async () => {
    const empty = new ScriptedCli();
    expect(await empty.run('backup --all')).toBe(0);
    expect(empty.stdout.text).toBe('No sessions yet: nothing to back up.\n');
  });
});

describe('backups', () => {
  beforeEach(() => {
    cli.backups.list = [
      backupView('main', { drilledAt: '2026-01-01T01:00:00.000Z', verifiedAt: '2026-01-01T01:00:00.000Z' }),
      backupView('main', {
        id: '20251231T020000Z-2-aaaaaaaaaaaa',
        takenAt: '2025-12-31T02:00:00.000Z',
        state: 'rejected',
        keys: ['age-0123456789ab', 'age-ba9876543210'],
        problem: 'WhatsApp showed a QR when it was tried.',
        method: 'closed',
        pause: null,
      }),
      backupView('sales', {
        id: '20251230T020000Z-1-bbbbbbbbbbbb',
        takenAt: null,
        bytes: 0,
        state: 'broken',
        problem: 'its archive is not there \u001b[2J',
        method: null,
      }),
      backupView('sales', {
        id: 'sales-2025.tar.gz',
        takenAt: '2025-12-01T02:00:00.000Z',
        state: 'unmanaged',
        method: null,
        pause: null,
      }),
      backupView('x', {
        id: 'other.tar.gz',
        session: null,
        takenAt: '2025-12-01T02:00:00.000Z',
        state: 'unmanaged',
        problem: 'It cannot be used: it is not gzip, or is torn.',
        method: null,
        pause: null,
      }),
    ];
  });

  it('are a table with what is wrong', async () => {
    expect(await cli.run('backups')).toBe(0);
    expect(cli.stdout.text).toMatchInlineSnapshot(`
      "SESSION  BACKUP                           TAKEN                 AGE       SIZE   BROWSER  VERIFIED  DRILLED  KEY                  STATE
      main     20260101T000000Z-3-0123456789ab  2026-01-01T00:00:00Z  2 h ago   25 MB  running  1 h ago   1 h ago  –                    verified
      main     20251231T020000Z-2-aaaaaaaaaaaa  2025-12-31T02:00:00Z  1 d ago   25 MB  closed   1 d ago   –        age-0123456789ab +1  rejected
        WhatsApp showed a QR when it was tried.
      sales    20251230T020000Z-1-bbbbbbbbbbbb  –                     –         –      –        –         –        –                    broken
        its archive is not there 
      sales    sales-2025.tar.gz                2025-12-01T02:00:00Z  31 d ago  25 MB  –        –         –        –                    unmanaged
      –        other.tar.gz                     2025-12-01T02:00:00Z  31 d ago  25 MB  –        –         –        –                    unmanaged
        It cannot be used: it is not gzip, or is torn.
      "
    `);
    expect(cli.stderr.text).toBe('Reading the vault …\n');
  });

  it('are those of one session where it is named, as an array with --json', async () => {
    expect(await cli.run('backups sales --json')).toBe(0);
    expect(json()).toEqual([cli.backups.list[2], cli.backups.list[3]]);
    expect(cli.backups.calls).toEqual(['backups sales']);
  });

  it('have their marks cleared by a person, one at a time', async () => {
    expect(await cli.run('backups main --clear 20251231T020000Z-2-aaaaaaaaaaaa')).toBe(0);
    expect(cli.stdout.text).toBe(
      'Of main, the backup of 1 d ago (20251231T020000Z-2-aaaaaaaaaaaa, 25 MB) counts as verified again.\n',
    );
    expect(cli.backups.calls).toEqual(['clear main 20251231T020000Z-2-aaaaaaaaaaaa']);
    expect(await cli.run('backups main --clear 20251231T020000Z-2-bbbbbbbbbbbb')).toBe(3);
    expect(await cli.run('backups --clear 20251231T020000Z-2-aaaaaaaaaaaa')).toBe(2);
  });

  it('say what to type when there are none', async () => {
    cli.backups.list = [];
    await cli.run('backups');
    await cli.run('backups main');
    expect(cli.stdout.text).toBe(
      'No backups yet. Type `vigil backup --all` to take the first ones.\nNo backups of main yet. Type `vigil backup main` to take the first one.\n',
    );
  });

  it('tell a vault that does not answer from an empty one', async () => {
    cli.backups.refuse('backups', new VigilError('vault_unavailable', 'The vault does not answer.'));
    expect(await cli.run('backups --json')).toBe(69);
    expect(json().error.code).toBe('vault_unavailable');
  });
});
