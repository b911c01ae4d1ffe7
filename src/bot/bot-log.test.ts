import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/doubles/fake-clock.ts';
import { BotSpeech, describeFault } from './bot-log.ts';
import type { BotFault, BotLine } from './bots.ts';

function scene() {
  const clock = new FakeClock();
  const lines: BotLine[] = [];
  const faults: BotFault[] = [];
  const link = {
    watched: async () => {},
    ask: async () => {},
    line: (line: BotLine) => void lines.push(line),
    fault: (fault: BotFault) => void faults.push(fault),
    ended: () => {},
  };
  return { clock, lines, faults, speech: new BotSpeech(link, clock) };
}

describe('a line of a bot', () => {
  it('is a message, or fields and a message', () => {
    const { lines, speech } = scene();
    speech.log.info('one');
    speech.log.warn({ order: 7 }, 'two');
    speech.log.error(new Error('three'));
    expect(lines).toMatchObject([
      { level: 'info', message: 'one', fields: null },
      { level: 'warn', message: 'two', fields: { order: 7 } },
      { level: 'error', message: 'three', fields: { err: { message: 'three' } } },
    ]);
  });

  it('is plain data of a bounded size, whatever the bot hands over', () => {
    const { lines, speech } = scene();
    const circular: Record<string, unknown> = { self: null };
    circular['self'] = circular;
    const trap = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('no');
        },
      },
    );
    const odd = [circular, trap, { big: 'x'.repeat(100_000) }, [1, 2], null, undefined, 5n, Symbol('s')];
    for (const one of odd) speech.log.info(one as never);
    speech.log.info('x'.repeat(100_000));
    expect(lines).toHaveLength(odd.length + 1);
    for (const line of lines) expect(JSON.stringify(line).length).toBeLessThan(20_000);
  });

  it('too many of them are left out and counted', async () => {
    const { clock, lines, speech } = scene();
    for (let line = 0; line < 1_000; line++) speech.log.info(`line ${line}`);
    expect(lines).toHaveLength(600);
    await clock.advance(60_000);
    expect(lines.at(-1)?.message).toContain('400 were left out');
    speech.log.info('after');
    expect(lines.at(-1)?.message).toBe('after');
  });
});

describe('failures of a bot', () => {
  it('are told one by one, a flood of them in a sum a minute', async () => {
    const { clock, faults, speech } = scene();
    for (let time = 0; time < 25; time++) speech.fault('a listener of "message"', new Error(`no ${time}`));
    expect(faults).toHaveLength(10);
    expect(faults[0]).toMatchObject({ where: 'a listener of "message"', count: 1 });
    expect(faults[0]?.detail).toContain('no 0');
    await clock.advance(60_000);
    expect(faults.at(-1)).toEqual({ where: 'the same minute', detail: null, count: 15 });
    expect(faults.reduce((sum, { count }) => sum + count, 0)).toBe(25);
  });

  it('that were held back are told at the end', () => {
    const { faults, speech } = scene();
    for (let time = 0; time < 11; time++) speech.fault('here', 'text');
    speech.end();
    speech.end();
    expect(faults).toHaveLength(11);
  });

  it('are told with their stack and their causes, whatever was thrown', () => {
    const error = new Error('outer', { cause: new Error('inner', { cause: 'innermost' }) });
    const told = describeFault(error);
    expect(told).toContain('bot-log.test.ts');
    for (const word of ['outer', 'caused by: Error: inner', 'caused by: innermost'])
      expect(told).toContain(word);
    expect(describeFault({ code: 5 })).toBe('{"code":5}');
    expect(describeFault(undefined)).toBe('undefined');
    expect(describeFault(Object.create(null))).toBe('{}');
  });
});
