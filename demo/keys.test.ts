import { expect, it } from 'vitest';
import { commandsIn } from './keys.ts';

it.each([
  ['k', 'kill'],
  ['l', 'lock'],
  ['d', 'damage'],
  ['h', 'hang'],
  ['f', 'finale'],
  ['K', 'kill'],
])('%s is the fault %s', (key, fault) => {
  expect(commandsIn(key)).toEqual([{ is: 'fault', fault }]);
});

it.each(['q', 'Q', '\u0003', '\u0004'])('%j ends the demo', (key) => {
  expect(commandsIn(key)).toEqual([{ is: 'quit' }]);
});

it('a number chooses a session, where there is one', () => {
  expect(commandsIn('2')).toEqual([{ is: 'choose', session: 'two' }]);
  expect(commandsIn('0479')).toEqual([]);
});

it('several that come together are taken in their order', () => {
  expect(commandsIn('3kq').map(({ is }) => is)).toEqual(['choose', 'fault', 'quit']);
});

it.each([
  ['an arrow', '\u001b[D'],
  ['an arrow, as applications are sent it', '\u001bOD'],
  ['a function key', '\u001b[15~'],
  ['a key with shift', '\u001b[1;2F'],
  ['alt and a letter', '\u001bk'],
  ['escape', '\u001b'],
  ['a mouse', '\u001b[<0;12;5M'],
  ['what was pasted', '\u001b[200~kill -9 $(pidof chromium)\u001b[201~'],
  ['letters that mean nothing', 'xyz \r\n'],
  ['names that every object has', 'constructor'.replaceAll(/[kldhfq]/g, '')],
])('%s is no command', (_what, typed) => {
  expect(commandsIn(typed)).toEqual([]);
});
