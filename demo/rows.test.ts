import { describe, expect, it } from 'vitest';
import { bareRow, vigilRow } from './rows.ts';

describe('a session of the daemon', () => {
  const told = {
    id: 'one',
    status: 'recovering',
    reason: 'hang',
    lastBackup: null,
    nextTry: null,
    restored: null,
  };
  const sight = { isOnline: false, told, downFor: 3.2, nextTry: null };

  it('is shown in the daemon’s own words', () => {
    expect(vigilRow('one', sight)).toEqual({ name: 'one', mark: 'busy', words: 'recovering 3 s (hang)' });
    const rests = { ...told, status: 'disconnected' };
    expect(vigilRow('one', { ...sight, told: rests, nextTry: 1.6 }).words).toBe(
      'disconnected 3 s, tries in 2 s (hang)',
    );
  });

  it('asks for a person where it does', () => {
    const asks = { ...told, status: 'qr_ready', reason: null };
    expect(vigilRow('one', { ...sight, told: asks, downFor: null })).toMatchObject({
      mark: 'asking',
      words: 'qr_ready',
    });
    const failed = { ...told, status: 'failed', reason: 'logged_out' };
    expect(vigilRow('one', { ...sight, told: failed })).toMatchObject({ mark: 'down' });
  });

  it('is not online by the daemon’s word alone', () => {
    const ready = { ...told, status: 'ready', reason: null };
    expect(vigilRow('one', { ...sight, told: ready }).mark).toBe('busy');
    expect(vigilRow('one', { ...sight, told: ready, isOnline: true })).toMatchObject({ mark: 'online' });
    expect(vigilRow('one', { ...sight, told: undefined }).words).toBe('the daemon starts');
  });
});

describe('a session of the bare program', () => {
  const sight = { isOnline: false, showsQr: false, isRunning: true, believes: true, downFor: 12 };

  it.each([
    [{ isOnline: true }, 'online', 'ready'],
    [{ showsQr: true }, 'asking', 'shows a QR: scan it'],
    [{ isRunning: false, believes: false }, 'down', 'ended 12 s, with its program'],
    [{}, 'down', 'gone 12 s, and nobody told it'],
    [{ believes: false, downFor: null }, 'busy', 'starting'],
  ] as const)('that is %j is %s', (changes, mark, words) => {
    expect(bareRow('one', { ...sight, ...changes })).toEqual({ name: 'one', mark, words });
  });
});
