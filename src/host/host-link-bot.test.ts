/** What a host says of its bot, through both ends of the channel. */
import { duplexPair } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../test/doubles/fake-clock.ts';
import { FewProcesses } from '../../test/doubles/few-processes.ts';
import { PlayedEngine } from '../../test/doubles/played-engine.ts';
import { scriptedSpec } from '../../test/doubles/scripted-spec.ts';
import { secondThoughts } from '../bot/bots.ts';
import type { BotWish } from '../engine/engine.ts';
import { Channel } from '../ipc/channel.ts';
import { botLinkOver } from './bot-link.ts';
import { botAskRequest, botFaultEvent, botLineEvent } from './bot-protocol.ts';
import type { HostEvent } from './host.ts';
import { HostLink } from './host-link.ts';
import { serveEngine } from './serve-engine.ts';

/** A host whose process lives until the test ends it. */
async function scene() {
  const clock = new FakeClock();
  const [here, there] = duplexPair();
  const hostSide = new Channel(there, { clock });
  const engine = new PlayedEngine();
  const served = serveEngine(engine, hostSide, clock);
  const events: HostEvent[] = [];
  const { promise: gone, resolve: exit } = Promise.withResolvers<string>();
  const processes = new FewProcesses();
  processes.browser(42);
  const carrier = { pid: 42, gone, kills: 0, kill: () => void carrier.kills++ };
  const link = new HostLink({
    channel: new Channel(here, { clock }),
    carrier,
    clock,
    spec: { ...scriptedSpec('/nowhere'), bot: '/bot.mjs' },
    observe: (event) => void events.push(event),
    processes,
  });
  hostSide.start();
  link.begin();
  const bot = botLinkOver(
    () => hostSide,
    (detail) => void served.fail(detail, 'bot_error'),
  );
  await settle();
  const said = () => events.filter(({ type }) => type.startsWith('bot_') || type === 'gone');
  return { clock, here, link, bot, engine, hostSide, served, said, carrier, exit };
}

describe('a bot’s host', () => {
  it('hands on its lines and its failures', async () => {
    const { bot, said } = await scene();
    const line = { level: 'info', message: 'hello', fields: { order: 7 } } as const;
    const fault = { where: 'a listener of "message"', detail: 'Error: no', count: 1 };
    bot.line(line);
    bot.fault(fault);
    await settle();
    expect(said()).toEqual([
      { type: 'bot_line', ...line },
      { type: 'bot_fault', ...fault },
    ]);
  });

  it('is believed nothing that is not of its form', async () => {
    const { hostSide, said } = await scene();
    for (const data of [
      null,
      5,
      {},
      { level: 'fatal', message: '', fields: null },
      { level: 'info', message: 5 },
    ])
      hostSide.emit(botLineEvent, data);
    for (const data of [
      null,
      {},
      { where: 'x', detail: 5, count: 1 },
      { where: 'x', detail: null, count: -1 },
    ])
      hostSide.emit(botFaultEvent, data);
    for (const wish of ['restart', '', null])
      await expect(hostSide.request(botAskRequest, { wish }, { timeoutMs: 1_000 })).rejects.toThrow();
    expect(said()).toEqual([]);
  });

  it('hands on what it asks for, and answers once that is known', async () => {
    const { bot, said } = await scene();
    const wishes: readonly BotWish[] = ['start', 'stop', 'logout'];
    for (const wish of wishes) await bot.ask(wish);
    expect(said()).toEqual(wishes.map((wish) => ({ type: 'bot_asked', wish })));
  });

  it('that is ended by its bot says so, and closes its engine first', async () => {
    const { bot, served, said } = await scene();
    bot.ended('The bot bot.mjs called process.exit(1).');
    await served.ended;
    await settle();
    expect(said()).toEqual([
      { type: 'gone', cause: 'bot_error', detail: 'The bot bot.mjs called process.exit(1).' },
    ]);
  });

  it('is left alone for a while after its bot asked for a stop, in which it may ask for a start', async () => {
    const { bot, clock, link, said, carrier, exit } = await scene();
    await bot.ask('stop');
    const closed = link.close();
    await clock.advance(secondThoughts - 1_000);
    expect(carrier.kills).toBe(0);
    await bot.ask('start');
    expect(said().at(-1)).toEqual({ type: 'bot_asked', wish: 'start' });
    exit('ended with code 0');
    await closed;
    expect(carrier.kills).toBe(0);
  });

  it('is killed all the same when it does not end after that', async () => {
    const { bot, clock, link, carrier, exit } = await scene();
    await bot.ask('stop');
    const closed = link.close();
    await clock.advance(secondThoughts + 2_000);
    expect(carrier.kills).toBe(1);
    exit('killed by SIGKILL');
    await closed;
  });

  it('whose bot asked for nothing is not waited for', async () => {
    const { clock, link, carrier, exit } = await scene();
    const closed = link.close();
    await clock.advance(2_000);
    expect(carrier.kills).toBe(1);
    exit('killed by SIGKILL');
    await closed;
  });

  it('that answers nothing is blocked by its bot, once that has been called', async () => {
    const { bot, clock, here, said } = await scene();
    await bot.watched();
    await clock.advance(60_000);
    expect(said()).toEqual([]);
    // Its process sleeps in a call, and reads nothing any more.
    here.write = () => true;
    await clock.advance(30_000);
    expect(said()).toMatchObject([{ type: 'gone', cause: 'bot_error' }]);
  });

  it('that answers nothing before that is not', async () => {
    const { clock, here, said } = await scene();
    here.write = () => true;
    await clock.advance(60_000);
    expect(said()).toEqual([]);
  });

  it('whose channel ends is not blocked, but gone', async () => {
    const { bot, clock, hostSide, said } = await scene();
    await bot.watched();
    hostSide.close();
    await clock.advance(60_000);
    expect(said()).toEqual([]);
  });

  it('is asked once more for a page when its bot had held it up', async () => {
    const { bot, clock, engine, link } = await scene();
    await bot.watched();
    const { report } = engine;
    engine.report = new Promise(() => {});
    const probed = link.probe({ kind: 'watchdog', deadline: 1_000, presence: false });
    await clock.advance(2_999);
    engine.report = report;
    await clock.advance(1);
    expect(await probed).toMatchObject({ page: 'answers' });
  });
});
