/** What a test is given: WhatsApp, volumes, and the program on them. Whatever it started has ended afterwards. */
import { mkdir } from 'node:fs/promises';
import type { SessionView } from '../../src/session/session-view.ts';
import { describeProcess, exposedBy, send } from '../support/processes.ts';
import { until } from '../support/until.ts';
import { Daemon } from './daemon.ts';
import { type Environment, environmentFor, Program } from './program.ts';
import { leaks, partsOfQr, type Secret } from './secrets.ts';
import { Volume } from './volume.ts';
import type { WhatsApp } from './whatsapp.ts';

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as one document. */
  readonly json: unknown;
}

/** A crashed daemon's hosts and browsers end by themselves within this, on a busy machine. */
const leftoverGrace = 15_000;

export class Rig implements AsyncDisposable {
  readonly whatsapp: WhatsApp;
  readonly #volumes: Volume[] = [];
  readonly #programs: Program[] = [];
  readonly #secrets: Secret[] = [];

  constructor(whatsapp: WhatsApp) {
    this.whatsapp = whatsapp;
  }

  async volume(options?: { name?: string; create?: boolean }): Promise<Volume> {
    return this.adopt(await Volume.empty(options));
  }

  /** Takes care of a volume that was made elsewhere. */
  adopt(volume: Volume): Volume {
    this.#volumes.push(volume);
    return volume;
  }

  async serve(volume: Volume, settings: Environment = {}, args: readonly string[] = []): Promise<Daemon> {
    const env = await environmentFor(volume, this.whatsapp.chromiumArgs, {
      VIGIL_SESSIONS: 'main',
      ...settings,
    });
    return this.#started(new Daemon(volume, env, args));
  }

  /** `vigil up`, as somebody types it who tries it out: no session is named anywhere. */
  async up(volume: Volume): Promise<Daemon> {
    const env = await environmentFor(volume, this.whatsapp.chromiumArgs);
    return this.#started(new Daemon(volume, env, [], 'up'));
  }

  /** A verb that goes on while the test does. */
  async run(volume: Volume, args: readonly string[], settings: Environment = {}): Promise<Program> {
    const env = await environmentFor(volume, this.whatsapp.chromiumArgs, settings);
    // The root may be missing on purpose.
    await mkdir(volume.scratch, { recursive: true });
    return this.#started(new Program(args, { env, cwd: volume.scratch }));
  }

  /** A verb to its end. */
  async cli(volume: Volume, args: readonly string[], settings: Environment = {}): Promise<CliResult> {
    const program = await this.run(volume, args, settings);
    const { code } = await program.exit(150_000);
    const { stdout, stderr } = program;
    return { code, stdout, stderr, json: parsed(stdout) };
  }

  /** What `vigil sessions --json` says of one. */
  async listed(volume: Volume, id = 'main', settings: Environment = {}): Promise<SessionView> {
    const { code, json, stderr } = await this.cli(volume, ['sessions', '--json'], settings);
    if (code !== 0) throw new Error(`"vigil sessions" ended with ${code}: ${stderr}`);
    const found = (json as readonly SessionView[]).find((session) => session.id === id);
    if (!found) throw new Error(`no session "${id}" in ${JSON.stringify(json)}`);
    return found;
  }

  /** Scans the QR that the session offers, as a person who looks at the pair page. */
  async scan(daemon: Daemon, id = 'main'): Promise<{ readonly device: string }> {
    const qr = await until(
      async () => {
        const { body } = await daemon.request(`/api/sessions/${id}/qr`);
        return (body?.data as { qr: string | null } | undefined)?.qr;
      },
      `a QR of ${id}`,
      60_000,
    );
    this.keepSecret(...partsOfQr(qr));
    return this.whatsapp.control.scan({ qr });
  }

  /** Beside what WhatsApp handed out, which is kept from the logs in every test. */
  keepSecret(...secrets: readonly Secret[]): void {
    this.#secrets.push(...secrets);
  }

  /** Where something that nobody may see can be seen: output, logs, and what runs on the volumes now. */
  async leaks(): Promise<readonly string[]> {
    const shown = this.#programs
      .flatMap(({ lines }) => lines)
      .flatMap((line) => (line['event'] === 'qr' ? partsOfQr(String(line['qr'])) : []));
    const secrets = [...this.whatsapp.secrets(), ...this.#secrets, ...shown];
    const places = new Map<string, string>();
    for (const program of this.#programs) {
      const name = `vigil ${program.args[0]} (pid ${program.child.pid})`;
      places.set(`the errors of ${name}`, program.stderr);
      // A command prints what it was asked for.
      if (program instanceof Daemon) places.set(`the log of ${name}`, program.stdout);
    }
    for (const volume of this.#volumes) {
      for (const [path, text] of await volume.sessionLogs()) places.set(path, text);
      for (const process of [...volume.hosts(), ...volume.browsers()])
        places.set(describeProcess(process), exposedBy(process));
    }
    return leaks(places, secrets);
  }

  #started<P extends Program>(program: P): P {
    this.#programs.push(program);
    return program;
  }

  /** The output of everything that was run, for a person who looks into a failure. */
  tell(): string {
    return this.#programs.map((program) => program.tail()).join('\n');
  }

  /** Ends what still runs, and complains about everything that should not have been there. */
  async [Symbol.asyncDispose](): Promise<void> {
    const problems: string[] = [...(await this.leaks())];
    for (const program of this.#programs) await endProgram(program, problems);
    for (const volume of this.#volumes) await endLeftovers(volume, problems);
    problems.push(...(await this.leaks()));
    for (const volume of this.#volumes) await volume.remove();
    await this.whatsapp[Symbol.asyncDispose]();
    if (problems.length > 0) throw new Error([...new Set(problems)].join('\n'));
  }
}

async function endProgram(program: Program, problems: string[]): Promise<void> {
  if (program.end) return;
  program.kill('SIGCONT');
  program.kill('SIGTERM');
  const end = await program.exit(40_000).catch(() => null);
  if (end === null) {
    problems.push(`"${program.args.join(' ')}" did not end after SIGTERM`);
    program.kill('SIGKILL');
    await program.exit().catch(() => {});
  } else if (program instanceof Daemon && end.code !== 0) {
    problems.push(`the daemon ended with ${end.code ?? end.signal} after SIGTERM`);
  }
}

async function endLeftovers(volume: Volume, problems: string[]): Promise<void> {
  const gone = await until(() => volume.processes().length === 0, 'nothing left', leftoverGrace).catch(
    () => false,
  );
  if (gone) return;
  for (const process of volume.processes()) {
    problems.push(`left behind: ${describeProcess(process)}`);
    send(process.pid, 'SIGKILL');
  }
  await until(() => volume.processes().length === 0, 'the end of what was left').catch(() => {});
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
