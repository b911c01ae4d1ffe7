import { EventEmitter } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { BotContext } from './bot-context.ts';

const context = new BotContext('/srv/app/bot.mjs');

function stacked(...places: readonly string[]): Error {
  const error = new Error('x');
  error.stack = ['Error: x', ...places.map((place) => `    at ${place}`)].join('\n');
  return error;
}

describe('what a bot begins', () => {
  it('is its own through promises, timers and microtasks, and nobody else’s is', async () => {
    const seen: boolean[] = [];
    const look = () => void seen.push(context.isInside);
    await context.enter(async () => {
      look();
      await turn();
      look();
      await new Promise<void>((done) => setImmediate(() => queueMicrotask(() => done(look()))));
    });
    look();
    await turn();
    look();
    expect(seen).toEqual([true, true, true, false, false]);
  });

  it('is not its own where somebody else’s emitter calls', () => {
    const emitter = new EventEmitter();
    const seen: boolean[] = [];
    context.enter(() => emitter.on('x', () => seen.push(context.isInside)));
    emitter.emit('x');
    expect(seen).toEqual([false]);
  });
});

describe('a failure', () => {
  it.each([
    ['the module', '/srv/app/bot.mjs:3:7'],
    ['the module, by its address', 'onMessage (file:///srv/app/bot.mjs:3:7)'],
    ['what lies beside it', 'async file:///srv/app/lib/answers%20of%20ours.mjs:1:1'],
  ])('on whose stack is %s is the bot’s', (_what, place) => {
    expect(context.owns(stacked('node:internal/process/task_queues:105:5', place))).toBe(true);
  });

  it.each([
    ['what is installed beside it', '/srv/app/node_modules/whatsapp-web.js/src/Client.js:1:1'],
    ['a directory whose name begins alike', 'file:///srv/app2/bot.mjs:1:1'],
    ['this program', new URL('./bot-context.ts:1:1', import.meta.url).href],
    ['nothing that is known', 'new Promise (<anonymous>)'],
  ])('on whose stack is only %s is not', (_what, place) => {
    expect(context.owns(stacked(place))).toBe(false);
  });

  it('of this program is not the bot’s even where the bot lies above it', () => {
    const above = new BotContext(new URL('../../bot.mjs', import.meta.url).pathname);
    expect(above.owns(new Error('here'))).toBe(false);
    expect(above.owns(stacked(new URL('../../lib/own.mjs:1:1', import.meta.url).href))).toBe(true);
  });

  it('of the library is not the bot’s where both lie in one directory', async () => {
    const place = await scratchDirectory();
    await mkdir(join(place, 'library', 'src'), { recursive: true });
    await writeFile(join(place, 'library', 'package.json'), '{}');
    await writeFile(join(place, 'library', 'index.js'), '');
    const beside = new BotContext(join(place, 'bot.mjs'), join(place, 'library', 'index.js'));
    expect(beside.owns(stacked(`${place}/library/src/Client.js:853:9`))).toBe(false);
    expect(beside.owns(stacked(`${place}/answers.mjs:1:1`))).toBe(true);
    expect(beside.owns(stacked(`${place}/bot.mjs:1:1`))).toBe(true);
  });

  it('that is no error is judged by where it turns up alone', () => {
    expect(context.owns('/srv/app/bot.mjs:3:7')).toBe(false);
    expect(context.enter(() => context.owns('text'))).toBe(true);
  });

  it('with a stack of anything is judged without a throw', () => {
    for (const stack of [undefined, 5, '', '    at file://%:1:1', `    at ${'('.repeat(1_000)}`]) {
      const error = new Error('x');
      Object.defineProperty(error, 'stack', { value: stack });
      expect(context.owns(error)).toBe(false);
    }
  });
});
