import { describe, expect, it } from 'vitest';
import { FakeClock } from '../test/doubles/fake-clock.ts';
import { registerSecret } from './log/secrets.ts';
import { createLogger, type LoggerOptions } from './log.ts';

function captured(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const log = createLogger({
    level: 'trace',
    clock: new FakeClock(),
    write: (line) => lines.push(line),
    ...options,
  });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? 'null') as Record<string, unknown> };
}

it('writes one JSON object a line, with a level in words, an ISO time and msg', () => {
  const { log, lines } = captured();
  log.info({ port: 2790, pid: 4194304 }, 'listening');
  expect(lines).toEqual([
    '{"level":"info","time":"2026-01-01T00:00:00.000Z","port":2790,"pid":4194304,"msg":"listening"}\n',
  ]);
});

it('is silent below its level', () => {
  const { log, lines } = captured({ level: 'info' });
  log.debug('nothing');
  expect(lines).toEqual([]);
});

it('writes for people on a terminal, masked all the same', () => {
  const { log, lines } = captured({ pretty: true });
  log.warn({ session: 'main' }, 'call +49 170 1234567');
  expect(lines.join('')).toMatch(/WARN.*call \[phone\]/);
});

it('names a backup by its whole id, and takes no other text for one', () => {
  const { log, lines } = captured({});
  log.info({ backup: '20261122T205529Z-12-5678e17ea131' }, 'taken');
  log.info({ backup: 'c2VjcmV0IGtleSBtYXRlcmlhbCAxMjM0NTY3ODkw' }, 'taken');
  expect(lines[0]).toContain('"backup":"20261122T205529Z-12-5678e17ea131"');
  expect(lines[1]).toContain('"backup":"[blob]"');
});

it('sends the very line of a session to its own log, and no other line', () => {
  const own: [string, string][] = [];
  const sessionLogs = {
    append: (id: string, line: string) => own.push([id, line]),
    flush: async () => {},
    lost: 0,
  };
  const { log, lines } = captured({ sessionLogs });
  log.info('about nobody');
  log.info({ session: '../../etc/passwd' }, 'about a hostile name');
  log.child({ session: '491701234567' }).info('about one');
  expect(own).toEqual([['491701234567', lines.at(-1)]]);
  expect(lines.at(-1)).toContain('"session":"491701234567"');
});

describe('errors', () => {
  it('are told with type, message, stack, cause and their own fields', () => {
    const { log, last } = captured();
    log.error({ err: new TypeError('outer', { cause: new RangeError('inner') }) }, 'failed');
    expect(last()['err']).toMatchObject({
      type: 'TypeError',
      message: 'outer',
      cause: { type: 'RangeError', message: 'inner' },
    });
    log.error(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
    expect(last()).toMatchObject({ msg: 'no space', err: { code: 'ENOSPC' } });
  });

  it('are told wherever they stand', () => {
    const { log, last } = captured();
    log.warn({ attempts: [{ why: new Error('deep') }] }, 'x');
    expect(last()['attempts']).toMatchObject([{ why: { message: 'deep' } }]);
  });
});

it('keeps the code of an error and masks a pairing code', () => {
  const { log, last } = captured();
  for (const code of ['ENOENT', 'volume_busy', 'SQLITE_FULL', 'ERR_STREAM_DESTROYED', 21]) {
    log.info({ code }, 'x');
    expect(last()['code']).toBe(code);
  }
  for (const code of ['ABCD-EFGH', 'ABCDEFGH', 'EABCDEFG', 12345678]) {
    log.info({ code }, 'x');
    expect(last()['code']).toBe('[masked]');
  }
});

it('survives whatever it is given', () => {
  const { log, lines } = captured();
  const circular: Record<string, unknown> = { name: 'x' };
  circular['self'] = circular;
  const hostile = {
    get broken(): never {
      throw new Error('no');
    },
    toJSON() {
      throw new Error('no');
    },
  };
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  log.info(circular, 'circular');
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ name: 'x', self: '[circular]' });
  log.info(
    {
      circular,
      hostile,
      revoked: revoked.proxy,
      big: 10n,
      fn() {},
      map: new Map([['a', 1]]),
      at: new Date(Number.NaN),
    },
    'odd',
  );
  log.info(undefined as unknown as string);
  log.info(null as unknown as string);
  log.info('%s %o %d' as string, ...([hostile, circular, Symbol('x')] as unknown as []));
  let deep: unknown = 'bottom';
  for (let level = 0; level < 10_000; level++) deep = { deep };
  log.info({ deep }, 'deep');
  log.info({ long: 'x'.repeat(1_000_000) }, 'long');
  expect(lines).toHaveLength(7);
  for (const line of lines) {
    expect(JSON.parse(line)).toHaveProperty('time');
    expect(line.length).toBeLessThan(20_000);
  }
});

describe('a canary', () => {
  const canaries = {
    qr: '2@cAnArYqRxYz0123456789,kEyKeYkEy01=,iDiDiD02=,sEcReT03=',
    code: 'WXYZ-2345',
    phone: '491701234567',
    spaced: '+49 170 7654321',
    jid: '491709999999@c.us',
    key: 'vigil_k3y_cAnArY',
    token: 'Bearer cAnArYtOkEn',
    blob: 'kJ8s7Dh3Kq9Lm2Xz5Vb1Nc4Rt6Yw0Pa8Ge',
    body: 'meet me at the canary at noon',
  };
  const leaks = ['cAnArY', 'WXYZ', '1701234567', '7654321', '9999999', 'kJ8s7Dh3', 'kEyKeY', 'meet me'];
  const { body, ...strings } = canaries;
  const all = Object.values(strings).join(' | ');

  it('does not sing at trace level, however it is handed over', () => {
    const forget = registerSecret(canaries.key);
    const { log, lines } = captured();
    const circular: Record<string, unknown> = { all };
    circular['self'] = [circular];
    const error = Object.assign(new Error(all, { cause: new Error(all, { cause: all }) }), {
      extra: { all },
    });
    log.trace(all);
    log.trace('%s and %o', all, { all });
    log.trace({ all, nested: [{ deep: { all } }], body, message: { body } }, all);
    log.trace(error);
    log.trace({ err: error }, all);
    log.trace({ error, aggregate: new AggregateError([error], all) });
    log.trace(circular, all);
    log.trace({ map: new Map([[all, all]]), set: new Set([all]), [all]: 1 });
    log.trace({
      qr: canaries.qr,
      pairingCode: 'WXYZ2345',
      Phone: 1701234567,
      'X-Api-Key': 'cAnArY',
      AccessToken: 'cAnArY',
    });
    log.trace({ code: 'WXYZ2345', headers: { authorization: 'cAnArY', cookie: 'cAnArY' } });
    log.trace({
      json: JSON.stringify(canaries),
      bytes: Buffer.from(all),
      url: new URL('http://x:cAnArY@y/?token=cAnArY'),
    });
    log.child({ all, phone: canaries.phone }).child({ deep: { all } }).trace('bound');
    log.child({}, { serializers: { req: () => ({ all }) }, msgPrefix: all }).trace({ req: {} }, 'x');
    forget();
    expect(lines).toHaveLength(13);
    for (const line of lines) for (const leak of leaks) expect(line).not.toContain(leak);
  });
});
