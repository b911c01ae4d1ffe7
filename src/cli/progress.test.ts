import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/doubles/fake-clock.ts';
import { ScriptedTerminal } from '../../test/doubles/scripted-cli.ts';
import { columnsOf } from './printable.ts';
import { spinner } from './progress.ts';
import { progressBar } from './progress-bar.ts';
import { clipped } from './screen.ts';

const megabytes = (amount: number) => `${amount} MB`;

describe('a spinner', () => {
  it('turns on a terminal until it ends, and takes its line away', async () => {
    const terminal = new ScriptedTerminal({ isTTY: true, columns: 80 });
    const clock = new FakeClock();
    const progress = spinner(terminal, clock);
    progress.say('Starting …');
    await clock.advance(160);
    progress.end();
    progress.end();
    const clear = '\r\u001b[2K';
    expect(terminal.text).toBe(`${clear}⠋ Starting …${clear}⠙ Starting …${clear}⠹ Starting …${clear}`);
    expect(clock.pending).toBe(0);
  });

  it('shows how much is done with the next turn, however often that changes', async () => {
    const terminal = new ScriptedTerminal({ isTTY: true, columns: 80 });
    const clock = new FakeClock();
    const progress = spinner(terminal, clock);
    for (let done = 0; done <= 50; done++) progress.say('Copying', { done, total: 100, format: megabytes });
    await clock.advance(80);
    progress.say('Copying', { done: 7, total: null, format: megabytes });
    await clock.advance(80);
    progress.say('Reading', null);
    progress.end();
    const frames = terminal.text.split('\r\u001b[2K');
    expect(frames).toEqual([
      '',
      '⠋ Copying  ░░░░░░░░░░░░░░░░░░░░░░░░ 0 %  0 MB of 100 MB',
      '⠙ Copying  ████████████░░░░░░░░░░░░ 50 %  50 MB of 100 MB',
      '⠹ Copying  7 MB',
      '⠸ Reading',
      '',
    ]);
  });

  it('is a line for each news elsewhere', () => {
    const terminal = new ScriptedTerminal();
    const progress = spinner(terminal, new FakeClock());
    for (const text of ['one', 'one', 'two']) progress.say(text, { done: 1, total: 2, format: megabytes });
    progress.end();
    expect(terminal.text).toBe('one\ntwo\n');
  });
});

describe('a progress bar', () => {
  it('fills on a terminal', () => {
    const terminal = new ScriptedTerminal({ isTTY: true, columns: 80 });
    const bar = progressBar(terminal, 'Chromium', megabytes);
    bar.update(50, 100);
    bar.end();
    expect(terminal.text).toBe('\r\u001b[2KChromium  ████████████░░░░░░░░░░░░ 50 %  50 MB of 100 MB\n');
  });

  it('is a line every tenth of the way elsewhere', () => {
    const terminal = new ScriptedTerminal();
    const bar = progressBar(terminal, 'Chromium', megabytes);
    for (let done = 0; done <= 25; done++) bar.update(done, 100);
    expect(terminal.text).toBe(
      'Chromium: 0 % (0 MB of 100 MB)\nChromium: 10 % (10 MB of 100 MB)\nChromium: 20 % (20 MB of 100 MB)\n',
    );
  });

  it('says how much where nobody knows of how much', () => {
    const terminal = new ScriptedTerminal({ isTTY: true, columns: 80 });
    progressBar(terminal, 'Chromium', megabytes).update(7, null);
    expect(terminal.text).toBe('\r\u001b[2KChromium  7 MB');
  });
});

it('a line that is too long for the terminal is cut, whatever its letters', () => {
  for (const text of ['x'.repeat(50), '日本語'.repeat(20)])
    expect(columnsOf(clipped(text, 20))).toBeLessThan(20);
});
