import { describe, expect, it } from 'vitest';
import { ScriptedCli } from '../../test/doubles/scripted-cli.ts';
import { scriptedAt } from '../../test/doubles/scripted-operations.ts';

/** As long as the ones that WhatsApp shows. */
const qr = (letter: string) => `2@${letter.repeat(230)}`;

describe('pair --json', () => {
  it('prints one object a line until the session is online', async () => {
    const cli = new ScriptedCli();
    const exit = cli.run('pair main --json');
    await cli.clock.advance(0);
    cli.operations.showQr('main', '2@first');
    cli.operations.showQr('main', '2@second');
    cli.operations.authenticate('main');
    cli.operations.becomeReady('main');
    expect(await exit).toBe(0);
    expect(cli.stdout.text).toBe(
      '{"event":"qr","qr":"2@first"}\n{"event":"qr","qr":"2@second"}\n{"event":"authenticated"}\n{"event":"ready"}\n',
    );
    expect(cli.stderr.text).toBe('');
  });

  it('asks for a code with --phone', async () => {
    const cli = new ScriptedCli();
    cli.operations.after('pair', (id) => cli.operations.showCode(id, 'ABCDEFGH'));
    const exit = cli.run('pair main --json --phone +49-151-12345678');
    await cli.clock.advance(0);
    cli.operations.becomeReady('main');
    await exit;
    expect(cli.operations.calls).toEqual(['pair main 4915112345678']);
    expect(cli.stdout.text).toBe('{"event":"code","code":"ABCDEFGH"}\n{"event":"ready"}\n');
  });

  it('tells what keeps it waiting, once for each change of that', async () => {
    const cli = new ScriptedCli();
    const exit = cli.run('pair main --json');
    await cli.clock.advance(0);
    const resting = { status: 'disconnected', reason: 'unreachable', nextTry: scriptedAt } as const;
    cli.operations.change('main', resting);
    cli.operations.change('main', { name: 'Shop' });
    cli.operations.change('main', { status: 'recovering', nextTry: null });
    cli.operations.showQr('main', '2@first');
    cli.operations.becomeReady('main');
    expect(await exit).toBe(0);
    const lines = cli.stdout.text.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { event: 'status', session: expect.objectContaining({ id: 'main', ...resting }) },
      { event: 'status', session: expect.objectContaining({ status: 'recovering', reason: 'unreachable' }) },
      { event: 'qr', qr: '2@first' },
      { event: 'ready' },
    ]);
  });

  it('is done at once where the session is online', async () => {
    const cli = new ScriptedCli();
    cli.operations.add('main').after('pair', (id) => cli.operations.becomeReady(id));
    expect(await cli.run('pair main --json')).toBe(0);
    expect(cli.stdout.text).toBe('{"event":"ready"}\n');
  });

  it('ends with an error line when it fails', async () => {
    const cli = new ScriptedCli();
    cli.operations.after('pair', (id) => cli.operations.fail(id, 'pairing_expired', 'Show a new one.'));
    expect(await cli.run('pair main --json')).toBe(6);
    expect(JSON.parse(cli.stdout.text)).toEqual({
      event: 'error',
      error: {
        code: 'session_failed',
        message: 'Session "main" has failed: Nobody scanned the QR in time, and the browser was closed.',
        remedy: 'Show a new one.',
        details: { reason: 'pairing_expired' },
      },
    });
  });

  it.each([
    ['pair ../x --json', 2, 'invalid_session_id'],
    ['pair main --phone 12 --json', 2, 'usage'],
  ])('%s is refused before anything is done', async (line, code, name) => {
    const cli = new ScriptedCli();
    expect(await cli.run(line)).toBe(code);
    expect(JSON.parse(cli.stdout.text).error.code).toBe(name);
    expect(cli.operations.calls).toEqual([]);
  });
});

describe('pair, for people', () => {
  it('draws the QR and draws it again in its place when it changes', async () => {
    const cli = new ScriptedCli({ isTTY: true, columns: 100, rows: 50 });
    const exit = cli.run('pair main');
    await cli.clock.advance(0);
    cli.operations.showQr('main', qr('a'));
    await cli.clock.advance(0);
    const first = cli.stdout.text.length;
    expect(cli.stdout.text).toContain('\u001b[38;5;16;48;5;231m');
    expect(cli.stdout.text).toContain('Link main: WhatsApp, Settings, Linked devices, Link a device.');
    cli.operations.showQr('main', qr('b'));
    await cli.clock.advance(0);
    const second = cli.stdout.text.slice(first);
    const lines = second.split('\n').length - 1;
    expect(second.startsWith(`\u001b[${lines}A\u001b[0J`)).toBe(true);
    cli.operations.becomeReady('main');
    expect(await exit).toBe(0);
    expect(cli.stdout.text).toMatch(/main is online\..*\n$/);
  });

  it('never draws a QR wider than the terminal', async () => {
    const cli = new ScriptedCli({ isTTY: true, columns: 40, rows: 50 });
    cli.operations.after('pair', (id) => cli.operations.showQr(id, qr('a')));
    const exit = cli.run('pair main');
    await cli.clock.advance(0);
    expect(cli.stdout.text).not.toContain('▀');
    expect(cli.stdout.text).toContain('too narrow for the QR of main (40 columns)');
    expect(cli.stdout.text).toContain('http://127.0.0.1:2790/sessions/main');
    cli.operations.becomeReady('main');
    await exit;
  });

  it('prints plain lines where there is no terminal', async () => {
    const cli = new ScriptedCli();
    cli.operations.after('pair', (id) => cli.operations.showCode(id, 'ABCDEFGH'));
    const exit = cli.run('pair main');
    await cli.clock.advance(0);
    cli.operations.authenticate('main');
    cli.operations.becomeReady('main');
    await exit;
    expect(cli.stdout.text).toMatchInlineSnapshot(`
      "main is being started …

          ABCD-EFGH

      Link main: WhatsApp, Settings, Linked devices, Link a device,
      “Link with phone number instead”, then type this code.
      Ctrl-C leaves the session as it is.
      main: the phone has agreed. Synchronising …
      main is online.
      "
    `);
  });

  it.each([
    ['daemon', 'It goes on waiting for a phone.'],
    ['volume', 'No daemon runs, so its browser ends with this command.'],
  ] as const)('leaves the session as it is at Ctrl-C (%s)', async (mode, words) => {
    const cli = new ScriptedCli();
    cli.mode = mode;
    const exit = cli.run('pair main');
    await cli.clock.advance(0);
    cli.interruption.abort();
    expect(await exit).toBe(130);
    expect(cli.stdout.text).toContain(`Left main as it is. ${words}`);
    expect(cli.operations.calls).toEqual(['pair main qr']);
    expect(cli.connections).toBe(0);
  });

  it('can be interrupted before the daemon has answered', async () => {
    const cli = new ScriptedCli();
    cli.interruption.abort();
    expect(await cli.run('pair main')).toBe(130);
    expect(cli.connections).toBe(0);
  });

  it('gives up when told how long', async () => {
    const cli = new ScriptedCli();
    const exit = cli.run('pair main --timeout 1m');
    await cli.clock.advance(60_000);
    expect(await exit).toBe(5);
    expect(cli.stderr.text).toContain('Nobody linked "main" within 1m.');
  });

  it('says what keeps it from showing a QR', async () => {
    const cli = new ScriptedCli();
    const exit = cli.run('pair main');
    await cli.clock.advance(0);
    cli.operations.change('main', { status: 'disconnected', reason: 'unreachable' });
    cli.operations.becomeReady('main');
    await exit;
    expect(cli.stdout.text).toBe(
      'main is being started …\nmain is waiting. WhatsApp cannot be reached from this machine.\nmain is online.\n',
    );
  });

  it('says when it tries again and what to do, again after a QR that was shown meanwhile', async () => {
    const cli = new ScriptedCli();
    const exit = cli.run('pair main');
    await cli.clock.advance(0);
    const nextTry = new Date(cli.clock.now() + 20_000).toISOString();
    const remedy = 'Check the network if it lasts; it is tried again by itself.';
    const resting = { status: 'disconnected', reason: 'unreachable', nextTry, remedy } as const;
    const sentence =
      'main is waiting. WhatsApp cannot be reached from this machine. Next try in 20 s. Check the network if it lasts; it is tried again by itself.\n';
    cli.operations.change('main', resting);
    cli.operations.change('main', { name: 'Shop' });
    cli.operations.showCode('main', 'ABCDEFGH');
    cli.operations.change('main', resting);
    cli.operations.becomeReady('main');
    await exit;
    expect(cli.stdout.text.split(sentence)).toHaveLength(3);
  });

  it('says it in several lines on a narrow terminal', async () => {
    const cli = new ScriptedCli({ isTTY: true, columns: 40, rows: 50 });
    const exit = cli.run('pair main');
    await cli.clock.advance(0);
    cli.operations.change('main', { status: 'disconnected', reason: 'unreachable' });
    cli.operations.becomeReady('main');
    await exit;
    expect(cli.stdout.text).toContain('main is waiting. WhatsApp cannot be\nreached from this machine.\n');
  });

  it('notices that somebody stopped it', async () => {
    const cli = new ScriptedCli();
    const exit = cli.run('pair main');
    await cli.clock.advance(0);
    cli.operations.change('main', { wanted: 'stopped', status: 'stopped' });
    expect(await exit).toBe(4);
  });
});
