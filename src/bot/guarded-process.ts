/**
 * The process that a bot shares with its host. A bot that ends it has failed, which is said before the browser is
 * closed as it should be; it hears of nobody's failures but its own; and it cannot take the host's listeners away.
 */
import { guardListeners, type ListenerGuard, replace } from './guarded-listeners.ts';

export interface ProcessGuard extends Omit<ListenerGuard, 'admits'> {
  /** Whether a failure is the bot's. */
  readonly owns: (reason: unknown) => boolean;
  /** The bot has called this. */
  readonly ended: (how: string) => void;
}

/** Ends what the bot was doing, as the end of the process would have. It is no failure besides. */
export class BotEnded extends Error {
  constructor(how: string) {
    super(`The bot called ${how}.`);
    this.name = 'BotEnded';
  }
}

const failures: ReadonlySet<string | symbol> = new Set([
  'uncaughtException',
  'uncaughtExceptionMonitor',
  'unhandledRejection',
]);

export function guardProcess(process: NodeJS.Process, guard: ProcessGuard): void {
  const { isInside, owns } = guard;
  const end = (how: string): never => {
    guard.ended(how);
    throw new BotEnded(how);
  };
  const methods = process as unknown as Record<string, (...args: unknown[]) => unknown>;
  const intercept = (name: string, how: (args: readonly unknown[]) => string | null) => {
    const original = methods[name];
    if (original === undefined) return;
    replace(process, name, (...args: unknown[]) => {
      const said = isInside() ? how(args) : null;
      return said === null ? Reflect.apply(original, process, args) : end(said);
    });
  };
  for (const name of ['exit', 'reallyExit'])
    intercept(name, ([code]) => `process.exit(${typeof code === 'number' ? code : ''})`);
  intercept('abort', () => 'process.abort()');
  intercept('kill', ([pid, signal]) => (endsSelf(process, pid, signal) ? 'process.kill() on itself' : null));
  const capture = process.setUncaughtExceptionCaptureCallback.bind(process);
  replace(process, 'setUncaughtExceptionCaptureCallback', (callback: Parameters<typeof capture>[0]) => {
    if (isInside()) throw new Error('A bot cannot take the exceptions of its host over.');
    capture(callback);
  });
  guardListeners(process, {
    ...guard,
    admits: (event, [reason]) => !failures.has(event) || (owns(reason) && !(reason instanceof BotEnded)),
  });
}

/** Its own number, or that of its group. Signal 0 only asks. */
function endsSelf(process: NodeJS.Process, pid: unknown, signal: unknown): boolean {
  return signal !== 0 && (pid === process.pid || pid === -process.pid || pid === 0);
}
