import { beforeEach, describe, expect, it } from 'vitest';
import { importSource } from '../../test/doubles/scripted-backups.ts';
import { ScriptedCli } from '../../test/doubles/scripted-cli.ts';
import { VigilError } from '../errors.ts';
import type { SessionId } from '../session/id.ts';

const sales = importSource('/srv/old/session-sales');
const night = importSource('/srv/old/session-night', { session: 'night' as SessionId, standing: 'login' });

let cli: ScriptedCli;

/** The daemon starts what is in place, and it comes up. */
function comesUp(): void {
  cli.backups.before('import', (id) => {
    cli.operations.add(id);
    cli.operations.change(id, { status: 'initializing', state: 'launching' });
    queueMicrotask(() => cli.operations.becomeReady(id));
  });
}

beforeEach(() => {
  cli = new ScriptedCli();
  cli.backups.imports = { sources: [sales], passedOver: [] };
});

const json = () => JSON.parse(cli.stdout.text);
const imported = (source: string, id: string, changes: object = {}) =>
  `import ${id} ${JSON.stringify({ source, replace: false, stopped: false, dryRun: false, ...changes })}`;

describe('import', () => {
  it('shows the plan, imports, and waits until the session is online', async () => {
    comesUp();
    expect(await cli.run('import old')).toBe(0);
    expect(cli.stderr.text).toMatchInlineSnapshot(`
      "/srv/old holds 1 profile.
      SESSION  FROM                    SIZE  BECOMES
      sales    /srv/old/session-sales  4 MB  a new session
      Importing sales …
      Importing sales: verifying …
      Starting sales: online …
      "
    `);
    expect(cli.stdout.text).toMatchInlineSnapshot(`
      "sales was imported from /srv/old/session-sales as the backup of just now (20260101T000000Z-3-0123456789ab, 25 MB).
      sales is online.
      "
    `);
    expect(cli.backups.calls).toEqual([
      'importable {"path":"/srv/old","session":null}',
      imported(sales.source, 'sales'),
    ]);
    expect(cli.connections).toBe(0);
  });

  it('says with --dry-run what it would do, of each that there is, and asks nobody', async () => {
    cli.backups.imports = {
      sources: [sales, night],
      passedOver: [{ path: '/srv/old/noweb', why: "holds the keys of Baileys and no browser's profile" }],
    };
    expect(await cli.run('import old --dry-run')).toBe(0);
    expect(cli.stderr.text).toMatchInlineSnapshot(`
      "/srv/old holds 2 profiles.
      SESSION  FROM                    SIZE  WOULD BECOME
      sales    /srv/old/session-sales  4 MB  a new session
      night    /srv/old/session-night  4 MB  the session, whose login goes to quarantine
      /srv/old/noweb holds the keys of Baileys and no browser's profile.
      Rehearsing the import of sales …
      Rehearsing the import of sales: verifying …
      Rehearsing the import of night …
      Rehearsing the import of night: verifying …
      "
    `);
    expect(cli.stdout.text).toMatchInlineSnapshot(`
      "sales can be imported: 13 files (4 MB) of /srv/old/session-sales, last written by Chromium 140.0.7339.16, were copied aside and hold a login. Nothing was changed. An import would do this:
        a backup of that copy is put into the vault
        a session "sales" is made
        the backup takes its place
        it is started
      night can be imported: 13 files (4 MB) of /srv/old/session-night, last written by Chromium 140.0.7339.16, were copied aside and hold a login. Nothing was changed. An import would do this:
        a backup of that copy is put into the vault
        a session "night" is made
        the profile that is there goes to quarantine
        the backup takes its place
        it is started
      "
    `);
    expect(cli.backups.calls.slice(1)).toEqual([
      imported(sales.source, 'sales', { dryRun: true }),
      imported(night.source, 'night', { replace: true, dryRun: true }),
    ]);
  });

  it('asks before a login goes to quarantine, and once for all', async () => {
    cli.backups.imports = { sources: [sales, night], passedOver: [] };
    cli.answers = ['y'];
    comesUp();
    expect(await cli.run('import old')).toBe(0);
    expect(cli.questions).toEqual(['Go on? [y/N] ']);
    expect(cli.backups.calls.slice(1)).toEqual([
      imported(sales.source, 'sales'),
      imported(night.source, 'night', { replace: true }),
    ]);
    expect(cli.stdout.text).toContain('What was there is in quarantine: /data/');
  });

  it.each([
    [['n'], 2],
    [[null], 130],
  ])('changes nothing where the answer is %j', async (answers, exit) => {
    cli.backups.imports = { sources: [sales, night], passedOver: [] };
    cli.answers = answers;
    expect(await cli.run('import old')).toBe(exit);
    expect(cli.backups.calls).toHaveLength(1);
  });

  it('is refused where a login would go and nobody can be asked, and goes on with --yes', async () => {
    cli.backups.imports = { sources: [night], passedOver: [] };
    expect(await cli.run('import old')).toBe(2);
    expect(cli.stderr.text).toContain('Add --yes');
    expect(cli.backups.calls).toHaveLength(1);
    comesUp();
    expect(await cli.run('import old --yes --no-wait')).toBe(0);
    expect(cli.stdout.text).toContain('It is being started.\n');
    expect(cli.backups.calls.at(-1)).toBe(imported(night.source, 'night', { replace: true }));
  });

  it('takes a name for the only one, and a word that its browser has ended', async () => {
    comesUp();
    expect(await cli.run('import /elsewhere/x --session sales --stopped --no-wait --json')).toBe(0);
    expect(cli.backups.calls).toEqual([
      'importable {"path":"/elsewhere/x","session":"sales"}',
      imported(sales.source, 'sales', { stopped: true }),
    ]);
    expect(json()).toMatchObject({
      imports: [{ source: sales.source, session: 'sales', result: { session: 'sales' }, error: null }],
      passedOver: [],
    });
    expect(cli.stderr.text).toBe('');
  });

  it('does not keep one for the failure of another', async () => {
    const unnamed = importSource('/srv/old/x', {
      session: null,
      problem: 'Nothing says whose /srv/old/x is.',
      remedy: 'Name it.',
    });
    cli.backups.imports = { sources: [sales, unnamed, night], passedOver: [] };
    cli.backups.refuse('import', new VigilError('profile_in_use', 'It is in use.'), 'sales');
    comesUp();
    expect(await cli.run('import old --yes --no-wait')).toBe(75);
    expect(cli.stdout.text).toContain('It is in use.\nWhat to do: ');
    expect(cli.stdout.text).toContain('Nothing says whose /srv/old/x is.\nWhat to do: Name it.\n');
    expect(cli.stdout.text).toContain('night was imported from /srv/old/session-night');
  });

  it('says that it is in place where the session does not come up', async () => {
    cli.backups.before('import', (id) => {
      cli.operations.add(id);
      cli.operations.change(id, { status: 'initializing', state: 'launching' });
      queueMicrotask(() =>
        cli.operations.change(id, { status: 'failed', state: 'failed', reason: 'logged_out' }),
      );
    });
    expect(await cli.run('import old')).toBe(6);
    expect(cli.stdout.text).toContain('sales was imported from /srv/old/session-sales');
    expect(cli.stdout.text).toContain('Session "sales" has failed');
  });

  it('leaves the start to the next daemon where none runs', async () => {
    cli.mode = 'volume';
    comesUp();
    expect(await cli.run('import old')).toBe(0);
    expect(cli.stdout.text).toContain('No daemon runs: `vigil serve` starts it.\n');
  });

  it('says what Ctrl-C leaves', async () => {
    cli.backups.gate.shut();
    const running = cli.run('import old');
    await expect.poll(() => cli.backups.working).toBe(1);
    cli.interruption.abort();
    expect(await running).toBe(130);
    expect(cli.stdout.text).toBe('Not waited for any longer. What was begun goes on in the daemon.\n');
  });

  it('hands on that there is nothing', async () => {
    cli.backups.imports = null;
    expect(await cli.run('import nothing')).toBe(4);
    expect(cli.stderr.text).toContain('/srv/nothing holds no profile of a browser.');
  });

  it('refuses a name that is none before anything is looked at', async () => {
    expect(await cli.run('import old --session a/b')).toBe(2);
    expect(cli.backups.calls).toEqual([]);
  });
});
