import { describe, expect, it } from 'vitest';
import { VigilError } from '../errors.ts';
import { isSessionId, sessionId } from './id.ts';

function refusal(text: unknown): VigilError {
  try {
    sessionId(text);
  } catch (error) {
    if (error instanceof VigilError) return error;
  }
  throw new Error(`taken: ${String(text)}`);
}

describe('a session id', () => {
  it.each(['main', 'a', '0', '-', '_', 'Sales_2-b', 'a'.repeat(64), 'Stats', 'statistics', '__proto__'])(
    'may be %s',
    (text) => {
      expect(isSessionId(text)).toBe(true);
      expect(sessionId(text)).toBe(text);
    },
  );

  it.each(['stats', 'active', 'connected', 'problematic', 'cleanup-inactive', 'reset-problematic'])(
    'may not be %s, which is an address of its own',
    (text) => {
      expect(isSessionId(text)).toBe(false);
      expect(refusal(text)).toMatchObject({ code: 'invalid_session_id', message: /reserved/ });
    },
  );

  it.each([
    ['nothing', ''],
    ['too long', 'a'.repeat(65)],
    ['a path', '../main'],
    ['a dot', '.'],
    ['two dots', '..'],
    ['a slash', 'a/b'],
    ['a backslash', 'a\\b'],
    ['encoded', '%2e%2e'],
    ['a space', 'a b'],
    ['a line at its end', 'main\n'],
    ['a line before it', '\nmain'],
    ['a NUL', 'main\0'],
    ['an escape of the terminal', '\u001b[2Jmain'],
    ['letters of elsewhere', 'größe'],
    ['one that looks like another', 'mаin'],
    ['full-width', 'ｍain'],
    ['a surrogate half', '\ud800'],
    ['an option', '--volume=/ x'],
    ['a variable of a shell', '$(id)'],
    ['a query', "a' OR 1=1 --"],
    ['a tag', '<script>'],
  ])('may not be %s', (_what, text) => {
    expect(isSessionId(text)).toBe(false);
    const { code, message } = refusal(text);
    expect(code).toBe('invalid_session_id');
    // Shown to people on terminals and in logs.
    expect(message).not.toMatch(/\p{Cc}/u);
    expect(message.length).toBeLessThan(200);
  });

  it.each([undefined, null, 7, true, ['main'], { toString: () => 'main' }])('is a text, not %s', (value) => {
    expect(isSessionId(value)).toBe(false);
    expect(refusal(value).code).toBe('invalid_session_id');
  });

  it('that is refused is quoted shortened, so that a log holds no novel', () => {
    expect(refusal('x'.repeat(100_000)).message.length).toBeLessThan(200);
  });
});
