import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { settle } from '../../test/doubles/fake-clock.ts';
import { askOn } from './ask-person.ts';

function terminal() {
  return { input: onTerminal(), output: onTerminal() };
}

const onTerminal = () => Object.assign(new PassThrough(), { isTTY: true });
const never = new AbortController().signal;

it('is the line that was typed', async () => {
  const { input, output } = terminal();
  const answer = askOn(input, output)?.('Go on? ', never);
  input.write('yes\r');
  expect(await answer).toBe('yes');
  expect(String(output.read())).toContain('Go on? ');
});

it('may be asked again', async () => {
  const { input, output } = terminal();
  const ask = askOn(input, output);
  const first = ask?.('One? ', never);
  input.write('1\r');
  expect(await first).toBe('1');
  const second = ask?.('Two? ', never);
  input.write('2\r');
  expect(await second).toBe('2');
});

it.each([
  ['Ctrl-C', '\u0003'],
  ['Ctrl-D', '\u0004'],
])('is null at %s', async (_name, key) => {
  const { input, output } = terminal();
  const answer = askOn(input, output)?.('Go on? ', never);
  input.write(key);
  expect(await answer).toBeNull();
});

it('is null where the terminal goes away', async () => {
  const { input, output } = terminal();
  const answer = askOn(input, output)?.('Go on? ', never);
  input.end();
  expect(await answer).toBeNull();
});

it('is null once the signal aborts, and at once where it has', async () => {
  const { input, output } = terminal();
  const stop = new AbortController();
  const answer = askOn(input, output)?.('Go on? ', stop.signal);
  await settle();
  stop.abort();
  expect(await answer).toBeNull();
  expect(await askOn(input, output)?.('Go on? ', stop.signal)).toBeNull();
});

it('asks nobody where an end is no terminal', () => {
  const { input, output } = terminal();
  expect(askOn(new PassThrough(), output)).toBeNull();
  expect(askOn(input, new PassThrough())).toBeNull();
});
