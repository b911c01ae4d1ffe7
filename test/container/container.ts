/** A container of an image, with namespaces, mounts, users and capabilities as an engine makes them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { allProcesses, type RunningProcess, send } from '../support/processes.ts';
import { until } from '../support/until.ts';
import type { Image, Mount } from './image.ts';
import { entering, quoted } from './namespaces.ts';

/** What Docker leaves to root in a container. */
const dockerCapabilities = [
  ...['chown', 'dac_override', 'fowner', 'fsetid', 'kill', 'setgid', 'setuid', 'setpcap'],
  ...['net_bind_service', 'net_raw', 'sys_chroot', 'mknod', 'audit_write', 'setfcap'],
];

export interface ContainerOptions {
  /** `-e`. */
  readonly env?: Readonly<Record<string, string>>;
  /** `-v`. */
  readonly mounts?: readonly Mount[];
  /** `--user`: both numbers. */
  readonly user?: number;
  /** `--read-only`. */
  readonly readOnly?: boolean;
  /** `--tmpfs`. */
  readonly tmpfs?: readonly string[];
  /** `--cap-drop ALL --cap-add …`. */
  readonly capabilities?: readonly string[];
  /** `--init`. */
  readonly init?: boolean;
  /** `--security-opt no-new-privileges`. */
  readonly noNewPrivileges?: boolean;
  /** Instead of the image's own command. */
  readonly command?: readonly string[];
  /** `--entrypoint`: instead of the image's own, which includes its command. */
  readonly entrypoint?: string;
}

export interface Output {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class Container implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #directory: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #confined: readonly string[];
  readonly #image: Image;
  stdout = '';
  stderr = '';
  end: { readonly code: number | null } | null = null;

  /** `docker run`. The directory is the container's own, and goes with it. */
  static async run(image: Image, directory: string, options: ContainerOptions = {}): Promise<Container> {
    await mkdir(directory, { recursive: true });
    const { script, root } = await entering(directory, {
      ...options,
      image,
      layer: join(directory, 'layer'),
    });
    return new Container(
      image,
      directory,
      options,
      `${script}\nhostname container\nexec chroot ${quoted(root)} `,
    );
  }

  private constructor(image: Image, directory: string, options: ContainerOptions, script: string) {
    const { config } = image;
    if (!config) throw new Error('the image has no configuration');
    const { entrypoint, user = 0 } = options;
    const program =
      entrypoint === undefined
        ? [...config.entrypoint, ...(options.command ?? config.command)]
        : [entrypoint, ...(options.command ?? [])];
    this.#image = image;
    this.#directory = directory;
    // A user that the image does not know has no home.
    this.#env = { HOME: user === 0 ? '/root' : '/', ...image.env, ...options.env };
    this.#confined = [
      'setpriv',
      `--bounding-set=${['-all', ...(options.capabilities ?? dockerCapabilities).map((one) => `+${one}`)].join(',')}`,
      '--inh-caps=-all',
      ...(user === 0 ? [] : ['--reuid', String(user), '--regid', String(user), '--clear-groups']),
      ...(options.noNewPrivileges ? ['--no-new-privs'] : []),
      '--',
    ];
    const init = options.init ? ['/usr/bin/tini', '--'] : [];
    const words = ['env', '-C', image.workdir, ...this.#confined, ...init, ...program];
    const namespaces = ['--mount', '--pid', '--uts', '--ipc', '--fork', '--kill-child=SIGKILL'];
    this.#child = spawn('unshare', [...namespaces, 'sh', '-euc', script + words.map(quoted).join(' ')], {
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.#child.once('error', (error) => (this.stderr += String(error)));
    this.#child.once('close', (code) => (this.end = { code }));
  }

  /** Process 1, as this machine sees it. */
  get first(): RunningProcess | null {
    return allProcesses().find(({ parent }) => parent === this.#child.pid) ?? null;
  }

  /** Everything that runs in it, as this machine sees it. */
  processes(): readonly RunningProcess[] {
    const all = allProcesses();
    const found = all.filter(({ parent }) => parent === this.#child.pid);
    for (const one of found) found.push(...all.filter(({ parent }) => parent === one.pid));
    return found;
  }

  /** Lines of the daemon's log. */
  get lines(): readonly Readonly<Record<string, unknown>>[] {
    return this.stdout
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** `docker exec`: by default as root, whoever the daemon is. */
  async exec(argv: readonly string[]): Promise<Output> {
    const { first } = this;
    if (!first) throw new Error(`the container does not run: ${this.tail()}`);
    const namespaces = ['--mount', '--pid', '--uts', '--ipc', '--root', '--wd=/'];
    const words = ['env', '-C', this.#image.workdir, ...this.#confined, ...argv];
    const child = spawn('nsenter', ['--target', String(first.pid), ...namespaces, '--', ...words], {
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 120_000,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const [code] = await once(child, 'close');
    return { code, stdout, stderr };
  }

  /** The image's health check, as the engine runs it. */
  health(): Promise<Output> {
    return this.exec(this.#image.config?.health ?? []);
  }

  /** `docker stop`: the image's signal to process 1, patience, then an end by force, which is an error here. */
  async stop(patience: number): Promise<{ readonly code: number | null; readonly took: number }> {
    const began = performance.now();
    const { first } = this;
    if (first) send(first.pid, (this.#image.config?.stopSignal ?? 'SIGTERM') as NodeJS.Signals);
    const { code } = await this.exited(patience);
    return { code, took: performance.now() - began };
  }

  exited(deadline = 60_000): Promise<{ readonly code: number | null }> {
    return until(
      () => this.end,
      () => `the end of the container\n${this.tail()}`,
      deadline,
    );
  }

  tail(): string {
    return `--- container (${this.end ? `ended: ${this.end.code}` : 'running'})\n${this.stdout.slice(-6_000)}\n${this.stderr.slice(-3_000)}`;
  }

  /** `docker rm --force`. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.end === null) {
      this.#child.kill('SIGKILL');
      await this.exited().catch(() => {});
    }
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
}
