/** One demo from its first process to its last line. */
import { once } from 'node:events';
import type { ReadStream, WriteStream } from 'node:tty';
import { ansiLine } from './ansi.ts';
import { closingLines } from './board-lines.ts';
import { commandsIn } from './keys.ts';
import type { Options } from './options.ts';
import { plainLine } from './plain-lines.ts';
import { Play } from './play.ts';
import { record } from './record.ts';
import { documentOf, type Result, resultOf } from './result.ts';
import { screen } from './screen.ts';
import { opensWithin, perform } from './script.ts';
import { Show } from './show.ts';
import { Stage } from './stage.ts';
import { Terminal } from './terminal.ts';

export interface Io {
  readonly stdin: ReadStream;
  readonly stdout: WriteStream;
  readonly stderr: WriteStream;
  readonly env: NodeJS.ProcessEnv;
}

/** Wider, the columns of the scoreboard would stand far apart. */
const widestClosing = 100;

/** Resolves with the exit code, when nothing that it started runs any more. */
export async function runDemo(options: Options, executable: string, io: Io): Promise<number> {
  const { stdin, stdout, stderr, env } = io;
  const isDumb = env['TERM'] === 'dumb';
  const hasScreen = stdin.isTTY === true && stdout.isTTY === true && !isDumb && !options.json;
  const coloured = stdout.isTTY === true && !isDumb && !env['NO_COLOR'];
  const isAuto = options.auto || !hasScreen;
  const say = (text: string) => void (options.json || stdout.write(text));

  const over = new AbortController();
  const quit = () => over.abort();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, quit);
  // Nobody reads it any more.
  stdout.on('error', quit);

  await using stage = await Stage.open(executable);
  const show = new Show(
    stage,
    (news, on) => void (hasScreen || say(`${plainLine(news, on)}\n`)),
    over.signal,
  );
  const play = isAuto ? null : new Play(show);
  const draw = () => terminal.draw(screen(show.view(), terminal.size));
  const terminal = new Terminal({
    input: stdin,
    output: stdout,
    coloured,
    onTyped: (text) => {
      for (const command of commandsIn(text)) {
        if (command.is === 'quit') quit();
        else play?.take(command);
      }
      draw();
    },
    onResize: draw,
  });
  process.on('uncaughtException', (error) => {
    terminal.close();
    stderr.write(`${error.stack}\n`);
    // The stage is cleared by its warden.
    process.exit(1);
  });
  if (hasScreen) {
    stage.tellWarden('screen');
    terminal.open();
  } else if (!options.auto) say('No terminal to type keys in: everything in a row, as with --auto.\n');

  let failure: unknown = null;
  const looking = show.run(draw).catch((error: unknown) => {
    failure = error;
    quit();
  });
  let isComplete = false;
  try {
    if (!(await show.open(opensWithin)))
      failure = new Error(`not all sessions were paired within ${opensWithin / 1000} s`);
    else if (play === null) {
      // Nobody watches where one document is wanted.
      await perform(show, { pause: options.json ? 0 : 1_000, signal: over.signal });
      isComplete = true;
    } else {
      play.open();
      if (!over.signal.aborted) await once(over.signal, 'abort');
    }
  } catch (error) {
    if (!over.signal.aborted) failure = error;
  }
  const wasCutOff = over.signal.aborted && failure === null;
  const result = resultOf(show);
  over.abort();
  await looking;
  terminal.close();
  stage.tellWarden('plain');

  say(closing(result, Math.min(stdout.columns || 80, widestClosing), coloured));
  if (options.json && isComplete) stdout.write(`${JSON.stringify(documentOf(result), null, 2)}\n`);
  if (wasCutOff && !isComplete) return isAuto ? 130 : 0;
  const { isFlawless, words } = result.verdict;
  if (isComplete && isFlawless) {
    say(`\n${words}\n`);
    if (options.record) await record(result.view, executable);
    return 0;
  }
  const why = failure === null ? words : failure instanceof Error ? failure.message : String(failure);
  const lastWords = stage.daemon.words.slice(-15).join('\n');
  stderr.write(`\nvigil demo: ${why}\nThe daemon’s last words:\n${lastWords}\n`);
  return 1;
}

function closing({ view }: Result, columns: number, coloured: boolean): string {
  const lines = closingLines(view, columns);
  return `\n${lines.map((line) => `${ansiLine(line, coloured).trimEnd()}\n`).join('')}`;
}
