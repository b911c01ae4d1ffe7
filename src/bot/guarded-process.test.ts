import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { BotContext } from './bot-context.ts';
import { BotEnded, guardProcess } from './guarded-process.ts';

/** A process that does not end, and says what it was told. */
function scene() {
  const told: string[] = [];
  const process = Object.assign(new EventEmitter(), {
    pid: 42,
    exit: (code?: number) => void told.push(`exit ${code}`),
    reallyExit: (code?: number) => void told.push(`reallyExit ${code}`),
    abort: () => void told.push('abort'),
    kill: (pid: number, signal?: string | number) => void told.push(`kill ${pid} ${signal}`),
    setUncaughtExceptionCaptureCallback: () => void told.push('captured'),
  });
  process.on('SIGTERM', () => void told.push('the host closes'));
  process.on('uncaughtException', () => void told.push('the host looks'));
  const context = new BotContext('/nowhere/bot.mjs');
  const ended: string[] = [];
  const bots = new WeakSet<object>();
  guardProcess(process as unknown as NodeJS.Process, {
    isInside: () => context.isInside,
    call: (_where, work) => context.enter(() => void work()),
    owns: (reason) => bots.has(reason as object),
    ended: (how) => void ended.push(how),
  });
  const bot = <T>(work: () => T): T => context.enter(work);
  return { process, told, ended, bot, bots };
}

describe('a bot', () => {
  it.each([
    ['exit', (it: ReturnType<typeof scene>['process']) => it.exit(3), 'process.exit(3)'],
    ['reallyExit', (it: ReturnType<typeof scene>['process']) => it.reallyExit(), 'process.exit()'],
    ['abort', (it: ReturnType<typeof scene>['process']) => it.abort(), 'process.abort()'],
    ['kill', (it: ReturnType<typeof scene>['process']) => it.kill(42, 'SIGTERM'), 'process.kill() on itself'],
    [
      'kill of its group',
      (it: ReturnType<typeof scene>['process']) => it.kill(0),
      'process.kill() on itself',
    ],
  ])('that ends its process by %s has failed, and goes no further', (_what, end, how) => {
    const { process, told, ended, bot } = scene();
    expect(() => bot(() => end(process))).toThrow(BotEnded);
    expect(ended).toEqual([how]);
    expect(told).toEqual([]);
  });

  it('may signal others, and ask whether it lives', () => {
    const { process, told, ended, bot } = scene();
    bot(() => process.kill(43, 'SIGTERM'));
    bot(() => process.kill(42, 0));
    expect(told).toEqual(['kill 43 SIGTERM', 'kill 42 0']);
    expect(ended).toEqual([]);
  });

  it('cannot disarm its host', () => {
    const { process, told, bot } = scene();
    bot(() => {
      for (const event of ['SIGTERM', 'uncaughtException'])
        for (const listener of process.listeners(event)) process.off(event, listener as () => void);
      process.removeAllListeners('SIGTERM');
      process.removeAllListeners();
      expect(() => process.setUncaughtExceptionCaptureCallback()).toThrow('cannot take the exceptions');
    });
    process.emit('SIGTERM');
    process.emit('uncaughtException', new Error('x'));
    expect(told).toEqual(['the host closes', 'the host looks']);
  });

  it('hears signals, and of its own failures, and of nobody else’s', () => {
    const { process, told, bot, bots } = scene();
    const own = new Error('own');
    bots.add(own);
    bot(() => {
      process.on('SIGTERM', () => void told.push('the bot hears'));
      process.on('unhandledRejection', (reason: Error) => void told.push(`the bot: ${reason.message}`));
    });
    process.emit('SIGTERM');
    process.emit('unhandledRejection', new Error('the library’s'));
    process.emit('unhandledRejection', own);
    expect(told).toEqual(['the host closes', 'the bot hears', 'the bot: own']);
  });
});

it('leaves the host’s own end alone', () => {
  const { process, told, ended } = scene();
  process.exit(0);
  process.kill(42, 'SIGTERM');
  process.setUncaughtExceptionCaptureCallback();
  expect(told).toEqual(['exit 0', 'kill 42 SIGTERM', 'captured']);
  expect(ended).toEqual([]);
});
