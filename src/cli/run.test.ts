import { describe, expect, it } from 'vitest';
import { ScriptedCli } from '../../test/doubles/scripted-cli.ts';
import { catalogue, type ErrorCode, VigilError } from '../errors.ts';

async function output(line: string): Promise<string> {
  const cli = new ScriptedCli();
  expect(await cli.run(line)).toBe(0);
  expect(cli.stderr.text).toBe('');
  return cli.stdout.text;
}

describe('help', () => {
  it('lists every verb', async () => {
    const help = await output('help');
    expect(help).toMatchInlineSnapshot(`
      "Usage: vigil [options] [command]

      Keeps WhatsApp Web sessions online and never loses one.

      Options:
        --json                       print JSON: one document, errors too; \`pair\` and \`logs\` print one
                                     object a line
        --volume <path>              root of the volume, as VIGIL_VOLUME
        -V, --version                output the version number
        -h, --help                   display help for command

      Commands:
        serve [options]              run the daemon in the foreground
        up [options]                 run the daemon and show QRs in this terminal (to try it out)
        pair [options] <session>     link a phone: shows a QR, or a code to type, until the session is
                                     online
        sessions                     list the sessions and how they are
        start [options] <session>    want a session online and wait until it is
        restart [options] <session>  close a session cleanly and start it again
        stop <session>               close a session and keep it stopped
        logout <session>             unlink the device; its profile goes to quarantine
        backup [options] [session]   back a session up, without stopping it
        backups [options] [session]  list the backups, the newest first
        restore [options] <session>  put a backup in the place of a session's profile, which goes to
                                     quarantine
        recover [options]            bring the sessions of a lost volume back from the vault
        import [options] <path>      take over sessions of another program with their logins, by a copy
        verify [session]             look deeply at each session's profile and at its newest backup
        drill [options] [session]    prove that the newest good backup of each session opens, in a browser
                                     without a network
        purge [options] <session>    erase everything of a session
        logs [options] <session>     show a session's log
        doctor [options]             look at everything that a daemon needs and say how to mend it
        config [options] [session]   show the settings in force and where each came from; set those of one
                                     session
        version                      print the version
        demo [options]               see it heal, without a phone (in a clone: ./vigil demo)
        help [topic]                 explain a command, or the exit codes

      Exit codes: vigil help exit-codes
      "
    `);
    expect(await output('--help')).toBe(help);
  });

  it.each([
    'serve',
    'up',
    'pair',
    'sessions',
    'start',
    'restart',
    'stop',
    'logout',
    'backup',
    'backups',
    'restore',
    'verify',
    'purge',
    'logs',
    'doctor',
    'config',
    'version',
  ])('explains %s', async (verb) => {
    const help = await output(`help ${verb}`);
    expect(help).toMatchSnapshot();
    expect(await output(`${verb} --help`)).toBe(help);
  });

  it('documents the exit codes', async () => {
    expect(await output('help exit-codes')).toMatchSnapshot();
  });

  it('suggests what may have been meant', async () => {
    const cli = new ScriptedCli();
    expect(await cli.run('help piar')).toBe(2);
    expect(cli.stderr.text).toContain('Did you mean pair?');
  });
});

describe('a line that cannot be read', () => {
  it.each([
    ['sesions', "Unknown command 'sesions'. Did you mean sessions?"],
    ['sessions --jsn', "Unknown option '--jsn'. Did you mean --json?"],
    ['stop', "Missing required argument 'session'."],
    ['stop a b', 'Too many arguments'],
    ['start a --timeout soon', 'Write a duration like 30s, 2m or 1h30m.'],
    ['logs a -n x', 'Write a number of lines.'],
    ['stop ../etc', 'is not 1 to 64 letters, digits, hyphens or underscores'],
  ])('%s', async (line, message) => {
    const cli = new ScriptedCli();
    expect(await cli.run(line)).toBe(2);
    expect(cli.stderr.text).toContain(message);
    expect(cli.stdout.text).toBe('');
    const asJson = new ScriptedCli();
    expect(await asJson.run(`${line} --json`)).toBe(2);
    expect(JSON.parse(asJson.stdout.text).error.message).toContain(message);
    expect(asJson.stderr.text).toBe('');
  });

  it('is explained when it is empty', async () => {
    const cli = new ScriptedCli();
    expect(await cli.run('')).toBe(2);
    expect(cli.stderr.text).toContain('Usage: vigil');
    const asJson = new ScriptedCli();
    expect(await asJson.run('--json')).toBe(2);
    expect(JSON.parse(asJson.stdout.text).error.code).toBe('usage');
  });
});

describe('a failure', () => {
  it.each(Object.keys(catalogue) as ErrorCode[])(
    '%s has its exit code and is told in both forms',
    async (code) => {
      const cli = new ScriptedCli();
      cli.operations.refuse('sessions', new VigilError(code, 'It failed.'));
      expect(await cli.run('sessions')).toBe(catalogue[code].exit);
      expect(cli.stderr.text).toBe(`vigil: It failed.\nWhat to do: ${catalogue[code].remedy}\n`);
      expect(await cli.run('sessions --json')).toBe(catalogue[code].exit);
      expect(JSON.parse(cli.stdout.text)).toEqual({
        error: { code, message: 'It failed.', remedy: catalogue[code].remedy },
      });
      expect(cli.connections).toBe(0);
    },
  );

  it('that nobody expected is internal', async () => {
    const cli = new ScriptedCli();
    cli.operations.refuse('sessions', new TypeError('undefined is no function'));
    expect(await cli.run('sessions')).toBe(1);
  });
});

describe('the demo', () => {
  it.each(['demo', 'demo --auto'])(
    'is a part of the repository: `vigil %s` says where it runs',
    async (line) => {
      const cli = new ScriptedCli();
      expect(await cli.run(`${line} --json`)).toBe(2);
      const { error } = JSON.parse(cli.stdout.text);
      expect(error).toMatchObject({ code: 'usage', remedy: expect.stringContaining('`./vigil demo`') });
    },
  );
});

it('tells its version', async () => {
  expect(await output('version')).toBe('1.2.3\n');
  expect(await output('--version')).toBe('1.2.3\n');
  expect(JSON.parse(await output('version --json'))).toEqual({ version: '1.2.3' });
});

describe('help --json', () => {
  const document = async (line: string) => {
    const cli = new ScriptedCli();
    expect(await cli.run(line)).toBe(0);
    return JSON.parse(cli.stdout.text);
  };

  it('is every command with its arguments and options', async () => {
    const { commands } = await document('help --json');
    expect(commands).toContainEqual({
      name: 'pair',
      description: expect.stringContaining('link a phone'),
      arguments: [{ name: 'session', description: 'created when it does not exist', required: true }],
      options: expect.arrayContaining([{ flags: '--phone <number>', description: expect.any(String) }]),
    });
    expect(await document('--json help pair')).toEqual(
      commands.find(({ name }: { name: string }) => name === 'pair'),
    );
  });

  it('tells the exit codes with what they stand for', async () => {
    const codes = await document('help exit-codes --json');
    expect(codes).toContainEqual({
      exit: 3,
      errors: expect.arrayContaining([expect.objectContaining({ code: 'session_not_found' })]),
    });
    expect(codes.at(-1)).toEqual({ exit: 130, errors: [] });
  });
});
