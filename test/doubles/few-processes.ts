import type { Processes, ProcessIdentity, ProcessInfo } from '../../src/system/processes.ts';

/** Processes that exist only in memory: they stop, run on and end as they are told to. */
export class FewProcesses implements Processes {
  readonly sent: string[] = [];
  #all: readonly ProcessInfo[] = [];

  /** A browser that leads its group, with a child. */
  browser(pid: number, parent = this.self(), argv: readonly string[] = []): readonly ProcessInfo[] {
    const one = { pid, parent, group: pid, startTime: 7, state: 'S', argv };
    const tree = [one, { ...one, pid: pid + 1, parent: pid, argv: [] }];
    this.#all = [...this.#all, ...tree];
    return tree;
  }

  /** A child that stands still and whose browser, which led its group, is gone. */
  leftStanding(pid: number, argv: readonly string[]): void {
    this.#all = [...this.#all, { pid, parent: 1, group: pid - 1, startTime: 7, state: 'T', argv }];
  }

  states(): string {
    return this.#all.map(({ state }) => state).join('');
  }

  async list(except: ReadonlySet<number> = new Set()): Promise<readonly ProcessInfo[]> {
    return this.#all.filter(({ pid }) => !except.has(pid));
  }

  async find(pid: number): Promise<ProcessInfo | null> {
    return this.#all.find((one) => one.pid === pid) ?? null;
  }

  async threads(pid: number): Promise<readonly string[]> {
    return this.#all.flatMap((one) => (one.pid === pid ? one.state : []));
  }

  /** Milliseconds that each has used. */
  readonly used = new Map<number, number>();
  cpuTime(pid: number): number | null {
    return this.used.get(pid) ?? null;
  }

  async signal({ pid, startTime }: ProcessIdentity, signal: NodeJS.Signals): Promise<boolean> {
    return this.#send((one) => one.pid === pid && one.startTime === startTime, signal, `${signal} ${pid}`);
  }

  signalGroup(group: number, signal: NodeJS.Signals): boolean {
    return this.#send((one) => one.group === group, signal, `${signal} -${group}`);
  }

  async fileSeenBy(): Promise<'unknown'> {
    return 'unknown';
  }

  hostname(): string {
    return 'few';
  }

  self(): number {
    return 2;
  }

  #send(meant: (one: ProcessInfo) => boolean, signal: NodeJS.Signals, line: string): boolean {
    if (!this.#all.some(meant)) return false;
    this.sent.push(line);
    const state = { SIGSTOP: 'T', SIGCONT: 'S' }[signal as string];
    this.#all = this.#all.flatMap((one) => {
      if (!meant(one)) return one;
      return state === undefined ? [] : { ...one, state };
    });
    return true;
  }
}
