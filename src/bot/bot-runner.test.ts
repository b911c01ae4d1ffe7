import { EventEmitter } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../test/doubles/fake-clock.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { ScriptedClient } from '../engine/scripted/scripted-client.ts';
import { BotRunner } from './bot-runner.ts';
import { type BotFault, type BotLine, secondThoughts } from './bots.ts';

/** What a bot of a test can reach of it. */
declare global {
  var botOfTest: ((client: ScriptedClient, tools: Tools) => unknown) | undefined;
}
interface Tools {
  readonly session: string;
  readonly log: { info(message: string): void };
  readonly signal: AbortSignal;
}

const module = 'export default (client, tools) => globalThis.botOfTest(client, tools);';

async function scene(text = module) {
  const path = join(await scratchDirectory(), 'bot.mjs');
  await writeFile(path, text);
  const clock = new FakeClock();
  const told: string[] = [];
  const lines: BotLine[] = [];
  const faults: BotFault[] = [];
  const process = Object.assign(new EventEmitter(), {
    pid: 42,
    exit: (code: number) => void told.push(`exit ${code}`),
    setUncaughtExceptionCaptureCallback: () => {},
  });
  const machine = { starved: 0 };
  const runner = new BotRunner({
    clock,
    starved: () => machine.starved,
    process: process as unknown as NodeJS.Process,
    link: {
      watched: async () => void told.push('watched'),
      ask: async (wish) => void told.push(`asked: ${wish}`),
      line: (line) => void lines.push(line),
      fault: (fault) => void faults.push(fault),
      ended: (detail) => void told.push(detail),
    },
  });
  const client = new ScriptedClient();
  const engine = new AbortController();
  const { signal } = engine;
  const attend = () =>
    runner.attend(client, { module: path, session: 'main', library: null, deadline: 30_000, signal });
  return { path, clock, process, told, lines, faults, machine, runner, client, engine, attend };
}

function bot(does: NonNullable<typeof globalThis.botOfTest>): void {
  globalThis.botOfTest = does;
}

describe('a bot', () => {
  it('is called with the client itself, its session, a log and a signal, once somebody watches', async () => {
    const { attend, client, told, lines } = await scene();
    let seen: unknown[] = [];
    bot((given, { session, log, signal }) => {
      seen = [given === client, session, signal.aborted, ...told];
      log.info('hello');
    });
    await attend();
    expect(seen).toEqual([true, 'main', false, 'watched']);
    expect(lines).toMatchObject([{ level: 'info', message: 'hello' }]);
  });

  it('is waited for', async () => {
    const { attend } = await scene();
    const gate = Promise.withResolvers<void>();
    bot(() => gate.promise);
    let done = false;
    const attended = attend().then(() => (done = true));
    await settle();
    expect(done).toBe(false);
    gate.resolve();
    await attended;
  });

  it('that never returns has failed after its deadline, and is told what it may not wait for', async () => {
    const { attend, clock } = await scene();
    const called = Promise.withResolvers<void>();
    bot(() => {
      called.resolve();
      return new Promise(() => {});
    });
    const attended = attend();
    attended.catch(() => {});
    await called.promise;
    await clock.advance(30_000);
    await expect(attended).rejects.toMatchObject({
      code: 'bot_error',
      message: expect.stringContaining('not returned within 30 s: it must not wait for the client'),
    });
  });

  it('is not blamed for the time in which the machine let nobody run', async () => {
    const { attend, clock, machine } = await scene();
    const called = Promise.withResolvers<void>();
    bot(() => {
      called.resolve();
      return new Promise(() => {});
    });
    let failed = false;
    const attended = attend().catch((reason: unknown) => {
      failed = true;
      throw reason;
    });
    attended.catch(() => {});
    await called.promise;
    machine.starved = 20_000;
    await clock.advance(30_000);
    machine.starved = 25_000;
    await clock.advance(20_000);
    await clock.advance(4_999);
    expect(failed).toBe(false);
    await clock.advance(1);
    await expect(attended).rejects.toMatchObject({ code: 'bot_error' });
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('at once');
      },
    ],
    [
      'rejects',
      async () => {
        throw new Error('at once');
      },
    ],
  ])('that %s has failed, with its stack', async (_what, does) => {
    const { attend, path } = await scene();
    bot(does);
    await expect(attend()).rejects.toMatchObject({ code: 'bot_error' });
    await expect(attend()).rejects.toThrow(`The bot ${path} failed as it was called: Error: at once`);
  });

  it('that ends the process has failed, and the process goes on', async () => {
    const { attend, process, told } = await scene();
    bot(() => process.exit(3));
    await expect(attend()).rejects.toMatchObject({
      code: 'bot_error',
      message: 'The bot called process.exit(3).',
    });
    expect(told).toEqual(['watched', 'The bot bot.mjs called process.exit(3).']);
  });

  it('is not called any more once the engine is being closed', async () => {
    const { attend, engine, told } = await scene();
    engine.abort(new Error('closing'));
    await expect(attend()).rejects.toThrow('closing');
    expect(told).toEqual([]);
  });
});

describe('what a bot asks of its client', () => {
  it('goes to the supervisor, and what the engine and the library ask goes to the library', async () => {
    const { attend, client, told } = await scene();
    bot(async (given) => {
      await given.initialize();
      await given.destroy();
      await given.logout();
    });
    await attend();
    expect(told).toEqual(['watched', 'asked: start', 'asked: stop', 'asked: logout']);
    expect(client.calls).toEqual([]);
    await client.initialize();
    await client.destroy();
    await client.logout();
    expect(client.calls).toEqual(['initialize', 'destroy', 'logout']);
  });

  it('is its own from a listener and a timer as well', async () => {
    const { attend, client, told } = await scene();
    bot((given) => {
      given.on('message', () => given.destroy());
      given.once('ready', () => setImmediate(() => given.initialize()));
    });
    await attend();
    client.emit('message');
    client.emit('ready');
    await expect.poll(() => told).toEqual(['watched', 'asked: stop', 'asked: start']);
    expect(client.calls).toEqual([]);
  });

  it('is nothing any more once its client has ended, a start apart', async () => {
    const { attend, client, engine, told } = await scene();
    bot((given) => {
      given.on('disconnected', async () => {
        await given.destroy();
        await given.logout();
        await given.initialize();
      });
    });
    await attend();
    engine.abort(new Error('conflict'));
    client.emit('disconnected');
    await settle();
    expect(told).toEqual(['watched', 'asked: start']);
  });
});

describe('a bot that asks without end', () => {
  it('is heard ten times a minute of each kind, and told of the rest', async () => {
    const { attend, client, clock, told, faults } = await scene();
    bot((given) => given.on('message', () => given.destroy()));
    await attend();
    for (let times = 0; times < 50; times++) client.emit('message');
    await settle();
    expect(told.filter((one) => one === 'asked: stop')).toHaveLength(10);
    expect(faults[0]?.detail).toContain('asks for a stop more than 10 times a minute');
    await clock.advance(60_000);
    client.emit('message');
    await settle();
    expect(told.filter((one) => one === 'asked: stop')).toHaveLength(11);
  });

  it('may still ask for something else', async () => {
    const { attend, told } = await scene();
    bot(async (given) => {
      for (let times = 0; times < 20; times++) await given.destroy().catch(() => {});
      await given.initialize();
    });
    await attend();
    expect(told.at(-1)).toBe('asked: start');
  });
});

describe('a client that the library calls disconnected', () => {
  it('is neither stopped nor logged out nor blamed on its bot: the engine finds out what it is', async () => {
    const { attend, client, process, told } = await scene();
    bot((given) => {
      given.on('disconnected', async () => {
        await given.destroy();
        await given.logout();
        process.exit(1);
      });
    });
    await attend();
    client.emit('disconnected');
    await settle();
    expect(told).toEqual(['watched']);
  });

  it('is the bot’s to ask for again once it is ready', async () => {
    const { attend, client, told } = await scene();
    bot((given) => given.on('message', () => given.destroy()));
    await attend();
    client.emit('disconnected');
    client.emit('ready');
    client.emit('message');
    await settle();
    expect(told).toEqual(['watched', 'asked: stop']);
  });

  it('by its end makes nobody’s fault of a bot that ends the process then', async () => {
    const { attend, engine, process, told } = await scene();
    bot((_client, { signal }) => {
      signal.addEventListener('abort', () => {
        try {
          process.exit(0);
        } catch {
          // What its process throws there is nobody's to see in a test.
        }
      });
    });
    await attend();
    engine.abort(new Error('unreachable'));
    await settle();
    expect(told).toEqual(['watched']);
  });
});

describe('a bot whose listener fails', () => {
  it.each([
    [
      'throws',
      () => {
        throw new Error('in a listener');
      },
    ],
    [
      'rejects',
      async () => {
        throw new Error('in a listener');
      },
    ],
  ])('that %s: it is reported, and no more than that', async (_what, does) => {
    const { attend, client, faults } = await scene();
    bot((given) => given.on('message', does));
    await attend();
    client.emit('message');
    await settle();
    expect(faults).toMatchObject([{ where: 'a listener of "message"', count: 1 }]);
    expect(faults[0]?.detail).toContain('Error: in a listener');
  });

  it('is not reported once its client has ended: what it was doing could not succeed', async () => {
    const { attend, client, engine, faults } = await scene();
    bot((given) =>
      given.on('message', () => {
        throw new Error('Target closed');
      }),
    );
    await attend();
    engine.abort(new Error('closing'));
    client.emit('message');
    expect(faults).toEqual([]);
  });

  it('takes what nobody waited for where that is the bot’s, and nothing else', async () => {
    const { attend, runner, faults, path } = await scene();
    bot(() => {});
    expect(runner.takes(new Error('before'))).toBe(false);
    await attend();
    expect(runner.takes(new Error('the library’s'))).toBe(false);
    const own = new Error('own');
    own.stack = `Error: own\n    at ${path}:1:1`;
    expect(runner.takes(own)).toBe(true);
    expect(faults).toMatchObject([{ where: 'something that nobody waited for' }]);
  });
});

describe('the end', () => {
  it('is told to the bot by its signal, as the bot’s', async () => {
    const { attend, client, engine, told } = await scene();
    bot((given, { signal }) => signal.addEventListener('abort', () => void given.initialize()));
    await attend();
    engine.abort(new Error('closing'));
    await settle();
    expect(told).toContain('asked: start');
    expect(client.calls).toEqual([]);
  });

  it('comes at once, unless the bot has asked for a stop and may ask for a start', async () => {
    const quiet = await scene();
    bot(() => {});
    await quiet.attend();
    await quiet.runner.farewell();

    const stopping = await scene();
    bot((given) => given.destroy());
    await stopping.attend();
    let over = false;
    void stopping.runner.farewell().then(() => (over = true));
    await stopping.clock.advance(secondThoughts - 1);
    expect(over).toBe(false);
    await stopping.clock.advance(1);
    expect(over).toBe(true);

    const restarting = await scene();
    bot((given, { signal }) => {
      void given.destroy();
      signal.addEventListener('abort', () => void given.initialize());
    });
    await restarting.attend();
    restarting.engine.abort(new Error('closing'));
    await restarting.runner.farewell();
    expect(restarting.told).toEqual(['watched', 'asked: stop', 'asked: start']);
  });
});
