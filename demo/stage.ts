/** Everything that runs during the demo, in one scratch directory that goes with it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BareSide } from './bare-side.ts';
import type { Session, Side } from './cast.ts';
import { DaemonSide } from './daemon-side.ts';
import { WhatsApp } from './whatsapp.ts';

const wardenProgram = fileURLToPath(new URL('./warden.ts', import.meta.url));

/** What programs need, and none of the settings that a person has for a daemon of theirs. */
const passed = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'LD_LIBRARY_PATH', 'FONTCONFIG_PATH', 'FONTCONFIG_FILE'];

export class Stage implements AsyncDisposable {
  readonly scratch: string;
  readonly whatsapp: WhatsApp;
  readonly #warden: ChildProcess;
  readonly #env: NodeJS.ProcessEnv;
  readonly #executable: string;
  #daemon: DaemonSide | null = null;
  #bare: BareSide | null = null;

  private constructor(scratch: string, whatsapp: WhatsApp, warden: ChildProcess, executable: string) {
    this.scratch = scratch;
    this.whatsapp = whatsapp;
    this.#warden = warden;
    this.#executable = executable;
    const inherited = passed.map((name) => [name, process.env[name]] as const);
    this.#env = {
      ...Object.fromEntries(inherited.filter(([, value]) => value !== undefined)),
      NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
    };
  }

  static async open(executable: string): Promise<Stage> {
    const scratch = await realpath(await mkdtemp(join(tmpdir(), 'vigil-demo-')));
    // Before anything else is started, so that it can end all of it.
    const warden = spawn(process.execPath, [wardenProgram, scratch], {
      detached: true,
      stdio: ['pipe', 'inherit', 'ignore'],
    });
    // It is told things until it has ended.
    warden.stdin?.on('error', () => {});
    await mkdir(join(scratch, 'tmp'));
    return new Stage(scratch, await WhatsApp.open(), warden, executable);
  }

  start(toldOfBare: (news: string) => void): void {
    const { vigil, bare } = this.whatsapp.chromiumArgs;
    const place = { scratch: this.scratch, env: this.#env, executable: this.#executable };
    this.#daemon = new DaemonSide({ ...place, chromiumArgs: vigil });
    this.#bare = new BareSide({ ...place, chromiumArgs: bare }, toldOfBare);
    this.#bare.start();
  }

  get daemon(): DaemonSide {
    if (this.#daemon === null) throw new Error('the stage was not started');
    return this.#daemon;
  }

  get bare(): BareSide {
    if (this.#bare === null) throw new Error('the stage was not started');
    return this.#bare;
  }

  profile(side: Side, session: Session): string {
    return side === 'vigil' ? this.daemon.profile(session) : this.bare.profile(session);
  }

  /** For the case that nobody is left to give the terminal back. */
  tellWarden(word: 'screen' | 'plain'): void {
    this.#warden.stdin?.write(`${word}\n`);
  }

  /** Nothing of it runs and nothing of it is on the disk afterwards. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#bare?.stop();
    this.#daemon?.stopFollowing();
    this.#warden.stdin?.end();
    if (this.#warden.exitCode === null && this.#warden.signalCode === null) await once(this.#warden, 'exit');
    await this.whatsapp[Symbol.asyncDispose]();
  }
}
