import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { BotContext } from './bot-context.ts';
import { guardListeners } from './guarded-listeners.ts';

function scene() {
  const emitter = new EventEmitter();
  const heard: string[] = [];
  const faults: string[] = [];
  const context = new BotContext('/nowhere/bot.mjs');
  const engines = () => void heard.push('engine');
  emitter.on('message', engines);
  guardListeners(emitter, {
    isInside: () => context.isInside,
    call: (where, work) =>
      context.enter(() => {
        try {
          void work();
        } catch (fault) {
          faults.push(`${where}: ${(fault as Error).message}`);
        }
      }),
  });
  const bot = <T>(work: () => T): T => context.enter(work);
  return { emitter, heard, faults, context, engines, bot };
}

const adders = ['on', 'addListener', 'once', 'prependListener', 'prependOnceListener'] as const;

describe('a listener of a bot', () => {
  it.each(adders)('by %s runs as the bot’s, with the emitter and all arguments', (add) => {
    const { emitter, context, bot } = scene();
    const calls: unknown[] = [];
    bot(() =>
      emitter[add]('message', function (this: unknown, ...args: unknown[]) {
        calls.push([this === emitter, context.isInside, ...args]);
      }),
    );
    emitter.emit('message', 1, 2);
    expect(calls).toEqual([[true, true, 1, 2]]);
    expect(context.isInside).toBe(false);
  });

  it.each(adders)('by %s that throws is reported, and the others run', (add) => {
    const { emitter, heard, faults, bot } = scene();
    bot(() =>
      emitter[add]('message', () => {
        throw new Error('oops');
      }),
    );
    bot(() => emitter.on('message', () => void heard.push('bot')));
    emitter.emit('message');
    expect(faults).toEqual(['a listener of "message": oops']);
    expect(heard).toEqual(['engine', 'bot']);
  });

  it.each(['once', 'prependOnceListener'] as const)('by %s runs once', (add) => {
    const { emitter, heard, bot } = scene();
    bot(() => emitter[add]('message', () => void heard.push('bot')));
    emitter.emit('message');
    emitter.emit('message');
    expect(heard.filter((one) => one === 'bot')).toEqual(['bot']);
  });

  it.each(adders)('by %s is taken away by what was registered, and found by it', (add) => {
    const { emitter, heard, bot, engines } = scene();
    const listener = () => void heard.push('bot');
    bot(() => emitter[add]('message', listener));
    expect(emitter.listeners('message')).toContain(listener);
    expect(emitter.listenerCount('message', listener)).toBe(1);
    bot(() => emitter.off('message', listener));
    expect(emitter.listeners('message')).toEqual([engines]);
  });

  it('keeps its place among the others', () => {
    const { emitter, heard, bot } = scene();
    bot(() => emitter.prependListener('message', () => void heard.push('first')));
    bot(() => emitter.on('message', () => void heard.push('last')));
    emitter.emit('message');
    expect(heard).toEqual(['first', 'engine', 'last']);
  });

  it('is all that the bot can take away', () => {
    const { emitter, heard, bot, engines } = scene();
    bot(() => {
      emitter.on('message', () => void heard.push('bot'));
      emitter.on('other', () => void heard.push('bot'));
      emitter.off('message', engines);
      emitter.removeAllListeners('message');
    });
    emitter.emit('message');
    expect(heard).toEqual(['engine']);
    bot(() => emitter.removeAllListeners());
    emitter.emit('other');
    emitter.emit('message');
    expect(heard).toEqual(['engine', 'engine']);
  });

  it('that is no function is refused as ever', () => {
    const { emitter, bot } = scene();
    expect(() => bot(() => emitter.on('message', 'no' as never))).toThrow(TypeError);
  });
});

describe('everybody else’s listeners', () => {
  it('are not guarded: what they throw is thrown', () => {
    const { emitter, faults } = scene();
    emitter.once('message', () => {
      throw new Error('the library’s own');
    });
    expect(() => emitter.emit('message')).toThrow('the library’s own');
    expect(faults).toEqual([]);
  });

  it('are taken away as ever', () => {
    const { emitter, heard, engines } = scene();
    emitter.off('message', engines);
    emitter.on('message', engines);
    emitter.removeAllListeners();
    emitter.emit('message');
    expect(heard).toEqual([]);
  });

  it('run once where they were to, though a bot emits', () => {
    const { emitter, heard, bot } = scene();
    emitter.once('message', () => void heard.push('once'));
    bot(() => emitter.emit('message'));
    bot(() => emitter.emit('message'));
    expect(heard).toEqual(['engine', 'once', 'engine']);
  });
});

it('shows nothing of itself to whoever lists what the emitter has', () => {
  const { emitter } = scene();
  expect(Object.keys(emitter)).toEqual(Object.keys(new EventEmitter()));
});
