import { beforeEach, describe, expect, it } from 'vitest';
import { settle } from '../../test/doubles/fake-clock.ts';
import { Supervised } from '../../test/doubles/supervised.ts';
import { VigilError } from '../errors.ts';
import { sessionId } from './id.ts';

const main = sessionId('main');
let on: Supervised;

beforeEach(async () => {
  on = new Supervised();
  await on.online('main', 'other');
});

const view = () => on.supervisor.session(main);
const host = () => on.world.hosts.of('main');
const logged = () => on.world.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
const said = (message: string) => logged().filter(({ msg }) => msg === message);
const of = (session: string) => on.world.hosts.launched.filter(({ spec }) => spec.session === session);

describe('what a bot says', () => {
  it('is a line of the log, as the bot’s, masked like every other', async () => {
    const fields = { level: 'fatal', session: 'other', phone: '4915112345678' };
    host().say({ type: 'bot_line', level: 'warn', message: 'call +49 151 12345678', fields });
    expect(said('call [phone]')).toMatchObject([
      { level: 'warn', by: 'bot', fields: { session: 'other', phone: '[masked]' } },
    ]);
  });

  it('is counted where it is a failure, and the session goes on', async () => {
    host().say({ type: 'bot_fault', where: 'a listener of "message"', detail: 'Error: no', count: 1 });
    host().say({ type: 'bot_fault', where: 'the same minute', detail: null, count: 37 });
    await settle();
    expect(await view()).toMatchObject({ status: 'ready', botErrors: 38, reason: null });
    const [one, more] = logged().filter(({ reason }) => reason === 'bot_error');
    expect(one).toMatchObject({ level: 'warn', by: 'bot', detail: 'Error: no' });
    expect(more).toMatchObject({ level: 'warn', count: 37 });
    expect(on.world.incidents.size).toBe(0);
  });
});

describe('what a bot asks for', () => {
  it('is carried out, and restarts by a stop and then a start', async () => {
    host().say({ type: 'bot_asked', wish: 'stop' });
    host().say({ type: 'bot_asked', wish: 'start' });
    await settle();
    expect(of('main')).toHaveLength(2);
    expect(await view()).toMatchObject({ wanted: 'online' });
  });

  it('still counts while its own host is being closed, and not after that', async () => {
    const gate = Promise.withResolvers<void>();
    const first = host();
    first.closeGate = gate.promise;
    first.say({ type: 'bot_asked', wish: 'stop' });
    await settle();
    expect(of('main')).toHaveLength(1);
    first.say({ type: 'bot_asked', wish: 'start' });
    gate.resolve();
    await settle();
    expect(of('main')).toHaveLength(2);
    await on.ready('main');
    first.say({ type: 'bot_asked', wish: 'stop' });
    await settle();
    expect(await view()).toMatchObject({ status: 'ready', wanted: 'online' });
  });

  it('stops the session for good where no start follows', async () => {
    host().say({ type: 'bot_asked', wish: 'stop' });
    await settle();
    expect(await view()).toMatchObject({ status: 'stopped', wanted: 'stopped' });
    expect(on.world.disk.get(main)?.wanted).toBe('stopped');
  });

  it('is told in the log where it is not to be had', async () => {
    host().unlinkError = new VigilError('session_refused', 'WhatsApp did not confirm it.');
    host().say({ type: 'bot_asked', wish: 'logout' });
    await settle();
    expect(said('The device is not unlinked')).toMatchObject([{ level: 'warn' }]);
    expect(await view()).toMatchObject({ status: 'ready' });
  });

  it('unlinks', async () => {
    host().say({ type: 'bot_asked', wish: 'logout' });
    await settle();
    expect(await view()).toMatchObject({ status: 'stopped', phone: null });
    expect(on.world.steps).toContain('quarantine main');
  });
});

it('a bot that fails again and again leaves the session to a person, and the others alone', async () => {
  const before = (await on.supervisor.session(sessionId('other'))).since;
  for (let time = 1; time <= 5; time++) {
    host().say({ type: 'gone', cause: 'bot_error', detail: 'The bot /bot.mjs does not load: Error: no' });
    await on.world.clock.advance(60_000);
  }
  expect(await view()).toMatchObject({
    status: 'failed',
    reason: 'bot_error',
    remedy: expect.stringContaining('vigil start main'),
  });
  expect(of('main')).toHaveLength(5);
  expect(on.world.steps.filter((step) => /restore|quarantine/.test(step))).toEqual([]);
  expect(on.world.disk.get(main)).toMatchObject({ failure: 'bot_error', login: 'settled' });
  const [incident] = on.world.incidents.values();
  expect(incident).toMatchObject({ cause: 'bot_error', remedy: expect.stringContaining('vigil logs main') });
  expect(incident?.steps).toHaveLength(5);
  expect(await on.supervisor.session(sessionId('other'))).toMatchObject({ status: 'ready', since: before });

  await on.supervisor.start(main);
  await settle();
  await on.ready('main');
  expect(await view()).toMatchObject({ status: 'ready', reason: null });
});

describe('the bot of a session', () => {
  it('is shown by the name of its file', async () => {
    await on.supervisor.configure(main, { bot: '/srv/bots/main.mjs' });
    expect(await view()).toMatchObject({ bot: 'main.mjs' });
    await on.supervisor.configure(main, { bot: null });
    expect(await view()).toMatchObject({ bot: null });
  });

  it('is refused where nobody could load it, and then nothing has changed', async () => {
    on.world.botRefusal = new VigilError('usage', 'A bot is a module that can be read.');
    await expect(on.supervisor.configure(main, { bot: '/nowhere.mjs' })).rejects.toMatchObject({
      code: 'usage',
    });
    expect(on.world.disk.get(main)?.settings).toEqual({});
    await on.supervisor.configure(main, { bot: false, presence: false });
    expect(on.world.disk.get(main)?.settings).toEqual({ bot: false, presence: false });
  });
});
