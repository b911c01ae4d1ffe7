import type { CliContext, Connection, Flags, SettingRow, Terminal } from '../../src/cli/context.ts';
import { run } from '../../src/cli/run.ts';
import type { Finding } from '../../src/wording/finding.ts';
import { FakeClock } from './fake-clock.ts';
import { ScriptedBackups } from './scripted-backups.ts';
import { ScriptedOperations } from './scripted-operations.ts';

/** A terminal that keeps what was written. */
export class ScriptedTerminal implements Terminal {
  text = '';
  readonly isTTY: boolean;
  readonly columns: number | undefined;
  readonly rows: number | undefined;

  constructor({ isTTY = false, columns, rows }: { isTTY?: boolean; columns?: number; rows?: number } = {}) {
    this.isTTY = isTTY;
    this.columns = columns;
    this.rows = rows;
  }

  write(text: string): boolean {
    this.text += text;
    return true;
  }
}

/** A command line whose outside world is scripted. */
export class ScriptedCli {
  readonly operations = new ScriptedOperations();
  readonly backups = new ScriptedBackups();
  readonly clock = new FakeClock();
  readonly stdout: ScriptedTerminal;
  readonly stderr: ScriptedTerminal;
  readonly interruption = new AbortController();
  mode: Connection['mode'] = 'daemon';
  findings: readonly Finding[] = [];
  rows: readonly SettingRow[] = [];
  logLines: readonly string[] = [];
  /** Flags that reached the outside, by what asked. */
  readonly asked: { what: string; flags: Flags }[] = [];
  connections = 0;
  /** What the person types, one line for each question; null leaves it. Without any, nobody sits there. */
  answers: (string | null)[] | null = null;
  /** What the person was asked. */
  readonly questions: string[] = [];

  constructor(terminal: { isTTY?: boolean; columns?: number; rows?: number } = {}) {
    this.stdout = new ScriptedTerminal(terminal);
    this.stderr = new ScriptedTerminal(terminal);
  }

  /** Exit code of the line, words separated by blanks. */
  run(line: string, env: Readonly<Record<string, string>> = {}): Promise<number> {
    return run(line === '' ? [] : line.split(' '), this.context(env));
  }

  context(env: Readonly<Record<string, string>> = {}): CliContext {
    const note = (what: string, flags: Flags) => void this.asked.push({ what, flags });
    return {
      io: { stdout: this.stdout, stderr: this.stderr },
      env,
      clock: this.clock,
      version: '1.2.3',
      cwd: () => '/srv',
      interrupted: () => this.interruption.signal,
      ask: this.answers && ((question) => this.#answer(question)),
      operations: async (flags) => {
        note('operations', flags);
        this.connections++;
        return {
          operations: this.operations,
          backups: this.backups,
          mode: this.mode,
          url: this.mode === 'daemon' ? 'http://127.0.0.1:2790/' : null,
          close: async () => void this.connections--,
        };
      },
      serve: async (flags, { showQr }) => {
        note(showQr ? 'serve with QR' : 'serve', flags);
        return 0;
      },
      doctor: async (flags, { create }) => {
        note(create ? 'doctor --create' : 'doctor', flags);
        return this.findings;
      },
      settings: async (flags) => {
        note('settings', flags);
        return { rows: this.rows, of: 'daemon' };
      },
      log: (flags) => {
        note('log', flags);
        return asAsync(this.logLines);
      },
    };
  }

  async #answer(question: string): Promise<string | null> {
    this.questions.push(question);
    const answer = this.answers?.shift();
    if (answer === undefined) throw new Error(`Nobody expected to be asked: ${question}`);
    return answer;
  }
}

async function* asAsync(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}
