import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { readerGone } from './broken-pipe.ts';

const failure = (code: string) => Object.assign(new Error(code), { code });

it('tells that nobody reads any more', () => {
  const stdout = new PassThrough();
  const gone = readerGone(stdout);
  expect(gone.aborted).toBe(false);
  stdout.emit('error', failure('EPIPE'));
  expect(gone.aborted).toBe(true);
});

it('hides no other failure', () => {
  const stdout = new PassThrough();
  readerGone(stdout);
  expect(() => stdout.emit('error', failure('EIO'))).toThrow('EIO');
});
