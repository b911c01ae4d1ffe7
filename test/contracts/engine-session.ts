import type {
  Engine,
  EngineEvent,
  FreezeWatcher,
  LaunchSpec,
  ProbeKind,
  ProbeReport,
  SnapshotReport,
} from '../../src/engine/engine.ts';
import { LinuxProcesses } from '../../src/system/linux-processes.ts';

type Of<T extends EngineEvent['type']> = Extract<EngineEvent, { type: T }>;

/** One engine under test: its events in the order they came, and whether its browser is gone. */
export class EngineSession {
  readonly events: EngineEvent[] = [];
  readonly engine: Engine;
  readonly #spec: LaunchSpec;
  readonly #waiting = new Set<() => void>();

  constructor(engine: Engine, spec: LaunchSpec) {
    this.engine = engine;
    this.#spec = spec;
  }

  start(signal: AbortSignal = never()): Promise<void> {
    const emit = (event: EngineEvent) => {
      this.events.push(event);
      for (const look of this.#waiting) look();
    };
    return this.engine.start(this.#spec, emit, signal);
  }

  /** The `nth` event of this type, from 1; waits for it. */
  event<T extends EngineEvent['type']>(type: T, { nth = 1, ms = 20_000 } = {}): Promise<Of<T>> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer);
        this.#waiting.delete(look);
      };
      const look = () => {
        const found = this.events.filter((event): event is Of<T> => event.type === type)[nth - 1];
        if (found === undefined) return;
        stop();
        resolve(found);
      };
      const timer = setTimeout(() => {
        stop();
        reject(new Error(`no ${type} within ${ms} ms; there were: ${this.types().join(', ')}`));
      }, ms);
      this.#waiting.add(look);
      look();
    });
  }

  types(): string[] {
    return this.events.map(({ type }) => type);
  }

  count(type: EngineEvent['type']): number {
    return this.types().filter((one) => one === type).length;
  }

  probe(kind: ProbeKind = 'watchdog', deadline = 5_000, presence = true): Promise<ProbeReport> {
    return this.engine.probe({ kind, deadline, presence }, never());
  }

  /** Watched by nobody, unless somebody is named: the test itself ends what it has started. */
  snapshot(target: string, watcher = unwatched, signal = never()): Promise<SnapshotReport> {
    return this.engine.snapshot(target, watcher, signal);
  }

  close(): Promise<void> {
    return this.engine.close(never());
  }
}

export const unwatched: FreezeWatcher = { watch: async () => {}, release: () => {} };

export function never(): AbortSignal {
  return new AbortController().signal;
}

/** Whatever runs on the profile. Processes that a zygote made show their arguments as one, with spaces. */
export async function browsersOn(profile: string) {
  const all = await new LinuxProcesses().list();
  return all.filter(({ argv, state }) => {
    return state !== 'Z' && `${argv.join(' ')} `.includes(` --user-data-dir=${profile} `);
  });
}

/** The states of all threads of the browser's group, each letter once. */
export async function statesOf(browser: number): Promise<string> {
  const processes = new LinuxProcesses();
  const group = (await processes.list()).filter(({ group }) => group === browser);
  const states = await Promise.all(group.map(({ pid }) => processes.threads(pid)));
  return [...new Set(states.flat())]
    .filter((state) => state !== 'Z')
    .sort()
    .join('');
}

/** For what another process does: it is asked again until it has. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  ms = 10_000,
): Promise<void> {
  for (const end = performance.now() + ms; !(await holds()); await pause(25)) {
    if (performance.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
