import { expect, it } from 'vitest';
import type { Message } from './messages.ts';
import { encodeMessage } from './messages.ts';
import { Reader } from './reader.ts';

const event = (name: string) => encodeMessage({ kind: 'event', name });

function nameOf(message: Message): string {
  return message.kind === 'event' ? message.name : message.kind;
}

it('keeps the order when a message makes the next chunk arrive while it is being handled', () => {
  const seen: string[] = [];
  const reader = new Reader((message) => {
    seen.push(nameOf(message));
    if (nameOf(message) === 'first') reader.read(event('third'));
  });
  reader.read(Buffer.concat([event('first'), event('second')]));
  expect(seen).toEqual(['first', 'second', 'third']);
});

it('handles nothing more once it was stopped, not even what came in the same chunk', () => {
  const seen: string[] = [];
  const reader = new Reader((message) => {
    seen.push(nameOf(message));
    reader.stop();
  });
  reader.read(Buffer.concat([event('first'), event('second')]));
  reader.read(event('third'));
  expect(seen).toEqual(['first']);
});
