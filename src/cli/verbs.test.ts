import { beforeEach, describe, expect, it } from 'vitest';
import { ScriptedCli } from '../../test/doubles/scripted-cli.ts';
import { sessionView } from '../../test/doubles/scripted-operations.ts';
import { VigilError } from '../errors.ts';
import { sessionId } from '../session/id.ts';

let cli: ScriptedCli;

beforeEach(() => {
  cli = new ScriptedCli();
});

const json = () => JSON.parse(cli.stdout.text);

describe('sessions', () => {
  it('says what to type when there is none', async () => {
    expect(await cli.run('sessions')).toBe(0);
    expect(cli.stdout.text).toBe('No sessions yet. Type `vigil pair main` to link the first one.\n');
  });

  it('shows a table with reasons and remedies', async () => {
    const since = '2026-01-01T00:00:00.000Z';
    const session = sessionId('bare');
    const problem = 'The disk is full.';
    const full = { cause: 'backup_failed', session, since, problem, remedy: null } as const;
    const away = {
      cause: 'vault_unreachable',
      session: null,
      since,
      problem: 'Nothing is mounted at /backups.',
      remedy: 'Mount it.',
    } as const;
    cli.operations
      .add('main')
      .add('sales', {
        status: 'failed',
        reason: 'pairing_expired',
        remedy: 'Show a new one: `vigil pair sales`.',
        phone: null,
        name: null,
      })
      .add('night', {
        status: 'disconnected',
        reason: 'offline',
        nextTry: '2026-01-01T02:00:30.000Z',
        restarts: 12,
      })
      .add('back', { restored: { id: '20251231T020000Z-2-aaaaaaaaaaaa', at: '2026-01-01T01:50:00.000Z' } })
      .add('long', { restored: { id: '20251201T020000Z-1-bbbbbbbbbbbb', at: '2025-12-24T00:00:00.000Z' } })
      .add('shop', { bot: 'bot.mjs', botErrors: 3 })
      .add('quiet', { bot: 'bot.mjs', backupIncidents: [away] })
      .add('bare', { backupIncidents: [full, away] })
      .add('tokyo', { name: '日本 \u001b[31m🎉\u202e', lastBackup: '2025-12-30T00:00:00.000Z' });
    await cli.clock.advance(2 * 3_600_000);
    await cli.run('sessions');
    expect(cli.stdout.text).toMatchInlineSnapshot(`
      "SESSION  STATUS   PHONE           NAME     LAST SEEN  LAST BACKUP  RESTARTS
      main     online   +4915112345678  Sales    2 h ago    –            0
      sales    failed   –               –        2 h ago    –            0
        Nobody scanned the QR in time, and the browser was closed.
        What to do: Show a new one: \`vigil pair sales\`.
      night    waiting  +4915112345678  Sales    2 h ago    –            12
        WhatsApp Web has lost its connection.
        Next try in 30 s.
      back     online   +4915112345678  Sales    2 h ago    –            0
        Restored 10 min ago from backup 20251231T020000Z-2-aaaaaaaaaaaa.
      long     online   +4915112345678  Sales    2 h ago    –            0
      shop     online   +4915112345678  Sales    2 h ago    –            0
        Its bot bot.mjs has failed 3 times since the daemon was started: \`vigil logs shop\`.
      quiet    online   +4915112345678  Sales    2 h ago    –            0
      bare     online   +4915112345678  Sales    2 h ago    –            0
        Its last backup failed (since 2 h ago): The disk is full.
      tokyo    online   +4915112345678  日本 🎉  2 h ago    2 d ago      0

      The vault does not answer, so no session is backed up (since 2 h ago): Nothing is mounted at /backups.
      What to do: Mount it.
      "
    `);
  });

  it('colours the status on a terminal, unless it must not', async () => {
    const terminal = new ScriptedCli({ isTTY: true });
    terminal.operations.add('main');
    await terminal.run('sessions');
    expect(terminal.stdout.text).toContain('\u001b[32monline\u001b[0m');
    const plain = new ScriptedCli({ isTTY: true });
    plain.operations.add('main');
    await plain.run('sessions', { NO_COLOR: '1' });
    expect(plain.stdout.text).not.toContain('\u001b');
  });

  it('prints an array with --json, wherever the option stands', async () => {
    cli.operations.add('main');
    await cli.run('--json sessions');
    expect(json()).toEqual([sessionView('main')]);
    const after = new ScriptedCli();
    await after.run('sessions --json');
    expect(JSON.parse(after.stdout.text)).toEqual([]);
  });
});

describe('start and restart', () => {
  it.each(['start', 'restart'] as const)('%s waits until the session is online', async (verb) => {
    cli.operations.add('main', { status: 'stopped' });
    cli.operations.after(verb, (id) => queueMicrotask(() => cli.operations.becomeReady(id)));
    expect(await cli.run(`${verb} main`)).toBe(0);
    expect(cli.stdout.text).toBe('main is online.\n');
    expect(cli.connections).toBe(0);
  });

  it('ends well where a phone is needed, and says what to type', async () => {
    cli.operations
      .add('main', { status: 'stopped' })
      .after('start', (id) => cli.operations.showQr(id, '2@abc'));
    expect(await cli.run('start main')).toBe(0);
    expect(cli.stdout.text).toBe('main needs pairing: type `vigil pair main`.\n');
  });

  it('tells the reason of a failure', async () => {
    cli.operations
      .add('main', { status: 'stopped' })
      .after('start', (id) => cli.operations.fail(id, 'logged_out', 'Link it again.'));
    expect(await cli.run('start main')).toBe(6);
    expect(cli.stderr.text).toContain(
      'vigil: Session "main" has failed: WhatsApp no longer accepts this device: it was unlinked on the phone, or by WhatsApp.\nWhat to do: Link it again.\n',
    );
  });

  it('does not wait when told so', async () => {
    cli.operations.add('main', { status: 'stopped' });
    expect(await cli.run('start main --no-wait --json')).toBe(0);
    expect(json()).toMatchObject({ id: 'main', status: 'initializing' });
  });

  it('gives up after two minutes, or as long as it is told', async () => {
    for (const [line, ms] of [
      ['start main', 120_000],
      ['start main --timeout 5s', 5_000],
    ] as const) {
      const waiting = new ScriptedCli();
      waiting.operations.add('main');
      const exit = waiting.run(line);
      await waiting.clock.advance(ms - 1);
      expect(waiting.operations.following).toBe(1);
      await waiting.clock.advance(1);
      expect(await exit).toBe(5);
      expect(waiting.stderr.text).toContain('is not online after');
    }
  });

  it('leaves the session alone at Ctrl-C', async () => {
    cli.operations.add('main');
    const exit = cli.run('start main');
    await cli.clock.advance(1_000);
    cli.interruption.abort();
    expect(await exit).toBe(130);
    expect(cli.stdout.text).toBe('Not waited for any longer. main goes on starting.\n');
    expect(cli.operations.calls).toEqual(['start main']);
  });

  it('tells the daemon’s end from a failure', async () => {
    cli.operations.add('main');
    const exit = cli.run('start main --json');
    await cli.clock.advance(1_000);
    cli.operations.shutDown();
    expect(await exit).toBe(69);
    expect(json().error.code).toBe('daemon_unavailable');
  });

  it('only records the wish where no daemon runs', async () => {
    cli.mode = 'volume';
    cli.operations.add('main', { status: 'stopped' });
    expect(await cli.run('start main')).toBe(0);
    expect(cli.stdout.text).toContain('`vigil serve` starts it');
  });

  it('shows on a terminal how it goes', async () => {
    const terminal = new ScriptedCli({ isTTY: true, columns: 80 });
    terminal.operations.add('main', { status: 'stopped' });
    const exit = terminal.run('start main');
    await terminal.clock.advance(200);
    terminal.operations.becomeReady('main');
    await exit;
    expect(terminal.stderr.text).toContain('⠙ Starting main: starting …');
    expect(terminal.stderr.text.endsWith('\r\u001b[2K')).toBe(true);
    expect(terminal.clock.pending).toBe(0);
  });
});

describe('stop and logout', () => {
  it('are done when they return', async () => {
    cli.operations.add('main');
    expect(await cli.run('stop main')).toBe(0);
    expect(await cli.run('logout main')).toBe(0);
    expect(cli.stdout.text).toBe('main is stopped.\nmain is logged out; its profile is in quarantine.\n');
    expect(cli.operations.calls).toEqual(['stop main', 'logout main']);
  });

  it('hand on why it was refused', async () => {
    cli.operations
      .add('main')
      .refuse('logout', new VigilError('session_refused', 'It is not online.', { remedy: 'Start it.' }));
    expect(await cli.run('logout main --json')).toBe(4);
    expect(json()).toEqual({
      error: { code: 'session_refused', message: 'It is not online.', remedy: 'Start it.' },
    });
    expect(cli.stderr.text).toBe('');
  });
});

describe('logs', () => {
  const line =
    '{"time":"2026-01-01T00:00:00.000Z","level":"warn","msg":"slow \\u001b[2J","session":"main","ms":12}';

  it('are readable, and harmless to the terminal', async () => {
    cli.logLines = [line, 'no json'];
    expect(await cli.run('logs main')).toBe(0);
    expect(cli.stdout.text).toBe('2026-01-01T00:00:00.000Z warn  slow  ms=12\nno json\n');
  });

  it('are JSON lines with --json', async () => {
    cli.logLines = [line, 'no json'];
    await cli.run('logs main --json');
    expect(cli.stdout.text).toBe(`${line}\n{"msg":"no json"}\n`);
  });

  it('say when there is nothing', async () => {
    await cli.run('logs main');
    expect(cli.stdout.text).toBe('Nothing has been logged for main yet.\n');
  });
});

describe('where backups lie', () => {
  const rows = (vault: string | null) => [
    { name: 'VIGIL_VOLUME', value: '/data', source: 'default' },
    { name: 'VIGIL_VAULT', value: vault, source: 'default' },
  ];

  it('is said by sessions once, where it is the disk of the volume', async () => {
    cli.operations.add('main').add('other');
    cli.rows = rows('directory:/data/vigil/vault');
    await cli.run('sessions');
    expect(cli.stdout.text.match(/same disk, not a backup/g)).toHaveLength(1);
    expect(cli.stdout.text).toContain('Name another place with VIGIL_VAULT.');
  });

  it.each([null, 'directory:/mnt/backups', 's3:bucket'])('is not said of %s', async (vault) => {
    cli.operations.add('main');
    cli.rows = rows(vault);
    await cli.run('sessions');
    expect(cli.stdout.text).not.toContain('not a backup');
  });
});

describe('doctor', () => {
  beforeEach(() => {
    cli.findings = [
      { name: 'Chromium', verdict: 'good', found: '140 at /usr/bin/chromium', remedy: null },
      { name: '/dev/shm', verdict: 'warning', found: '64 MB', remedy: 'Give it 1 GB.' },
    ];
  });

  it('is content with warnings', async () => {
    expect(await cli.run('doctor')).toBe(0);
    expect(cli.stdout.text).toMatchInlineSnapshot(`
      "CHECK     VERDICT  FOUND
      Chromium  ok       140 at /usr/bin/chromium
      /dev/shm  warning  64 MB
        What to do: Give it 1 GB.

      Nothing needs mending, 1 warning.
      "
    `);
  });

  it('creates what is missing of the vault when that is asked for, and only then', async () => {
    await cli.run('doctor');
    await cli.run('doctor --create');
    expect(cli.asked.map(({ what }) => what)).toEqual(['doctor', 'doctor --create']);
  });

  it('exits with 7 when something must be mended', async () => {
    cli.findings = [
      ...cli.findings,
      { name: 'volume', verdict: 'bad', found: 'read-only', remedy: 'Mount it.' },
    ];
    expect(await cli.run('doctor --json')).toBe(7);
    expect(json()).toMatchObject({
      ok: false,
      findings: [{ name: 'Chromium' }, {}, { name: 'volume', remedy: 'Mount it.' }],
    });
  });
});

describe('config', () => {
  it('shows names, values and sources', async () => {
    cli.rows = [
      { name: 'VIGIL_VOLUME', value: '/data', source: '--volume' },
      { name: 'VIGIL_API_KEY', value: null, source: 'default' },
    ];
    expect(await cli.run('config --volume /data')).toBe(0);
    expect(cli.stdout.text).toMatchInlineSnapshot(`
      "SETTING        VALUE  SOURCE
      VIGIL_VOLUME   /data  --volume
      VIGIL_API_KEY  –      default

      The daemon on this volume runs with these.
      "
    `);
    expect(cli.asked).toEqual([{ what: 'settings', flags: { volume: '/data' } }]);
  });

  it('sets and unsets what one session has of its own', async () => {
    cli.operations.add('main');
    expect(await cli.run('config main --set heartbeat=1m30s --set presence=off --unset watchdog')).toBe(0);
    expect(cli.operations.calls).toEqual([
      'configure main {"heartbeat":90000,"presence":false,"watchdog":null}',
    ]);
  });

  it('names the bot of a session by its whole path, or none, or the daemon’s again', async () => {
    cli.operations.add('main');
    await cli.run('config main --set bot=./bots/one.mjs');
    await cli.run('config main --set bot=off');
    await cli.run('config main --unset bot');
    expect(cli.operations.calls).toEqual([
      'configure main {"bot":"/srv/bots/one.mjs"}',
      'configure main {"bot":false}',
      'configure main {"bot":null}',
    ]);
  });

  it.each([
    ['config --set heartbeat=2m', 'come from its environment'],
    ['config main --set heartbeet=2m', 'Did you mean heartbeat?'],
    ['config main --set heartbeat', 'name=value'],
    ['config main --set heartbeat=fast', 'not a duration'],
    ['config main --set presence=yes', 'on or off'],
    ['config main --set bot=', 'a path of a module or off'],
    ['config main --set bot=~/bot.mjs', 'only a shell expands'],
  ])('%s is refused', async (line, why) => {
    cli.operations.add('main');
    expect(await cli.run(line)).toBe(2);
    expect(cli.stderr.text).toContain(why);
    expect(cli.operations.calls).toEqual([]);
  });
});

describe('serve and up', () => {
  it('hand on the settings among their options', async () => {
    await cli.run('serve --port 99 --volume /x --log-level debug');
    await cli.run('--json up');
    expect(cli.asked).toEqual([
      { what: 'serve', flags: { volume: '/x', port: '99', logLevel: 'debug' } },
      { what: 'serve', flags: { logFormat: 'json' } },
    ]);
    await cli.run('up');
    expect(cli.asked.at(-1)).toEqual({ what: 'serve with QR', flags: {} });
  });
});
