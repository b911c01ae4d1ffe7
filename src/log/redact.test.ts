import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scrub } from './redact.ts';
import { registerSecret } from './secrets.ts';

describe('what people need to read a log stays', () => {
  it.each([
    'Browser 41237 of session "main" ended after 1234.5 ms',
    'listening on 127.0.0.1:2790, pid 4194304',
    '2026-11-22T16:42:00.123Z',
    'main.json.damaged-20261122T164200Z',
    'waited 86400000 ms, wrote 5368709120 bytes',
    'incident 3f2b8c1e-4d5a-4b7e-9c1f-1234567890ab opened',
    'Chromium 156.0.8078.79, whatsapp-web.js 1.34.7',
    'at getStateAsyncForNewPage (/opt/wa-vigil/node_modules/whatsapp-web.js/src/Client.js:1234:56)',
    '/data/whatsapp-sessions/session-main/Default/IndexedDB/https_web.whatsapp.com_0.indexeddb.leveldb',
    '/tmp/org.chromium.Chromium.eW14zx/SingletonSocket',
    'exit code 21: The profile appears to be in use by another Chromium process (4242) on another computer',
    'online → suspect',
    'error code: ENOTCONN',
  ])('%s', (text) => {
    expect(scrub(text)).toBe(text);
  });
});

describe('what may not be logged is masked', () => {
  it.each([
    ['491701234567@c.us', '[jid]'],
    ['from 491701234567:12@s.whatsapp.net', 'from [jid]'],
    ['491701234567.0:1@lid', '[jid]'],
    ['in 491701234567-1612345678@g.us', 'in [jid]'],
    ['true_491701234567@c.us_3EB0', 'true_[jid]_3EB0'],
    ['call +49 170 1234567 now', 'call [phone] now'],
    ['+1 (555) 010-9999', '[phone]'],
    ['number 491701234567', 'number [number]'],
    ['user_491701234567x', 'user_[number]x'],
    ['qr 2@abcDEF123+/=,keykeykey=,otherother=,secret==,1', 'qr [qr]'],
    ['https://wa.me/settings/linked_devices#2@abcDEF123,xyz', 'https://wa.me/settings/linked_devices#[qr]'],
    ['type ABCD-EFGH on the phone', 'type [code] on the phone'],
    ['pairing code: ABCD1234', 'pairing code: [code]'],
    ['code is ABCD 1234', 'code is [code]'],
    ['Authorization: Bearer abcdef', 'Authorization: [secret]'],
    ['sent bearer abcdef123', 'sent bearer [secret]'],
    ['VIGIL_API_KEY=hunter2 set', 'VIGIL_API_KEY=[secret] set'],
    ['x-api-key: hunter2', 'x-api-key: [secret]'],
    ['"password": "hunter2"', '"password": "[secret]"'],
    ['Cookie: a=b; c=d', 'Cookie: [secret]'],
    ['postgres://vigil:hunter2@db/vigil', 'postgres://[secret]@db/vigil'],
    ['eyJhbGciOiJI.eyJzdWIi.abc_def', '[secret]'],
    ['key c2VjcmV0LWtleS1tYXRlcmlhbC0x end', 'key [blob] end'],
    ['key c2VjcmV0LWtleS1tYXRlcmlhbA== end', 'key [blob] end'],
    ['data:image/png;base64,iVBORw0KGgo=', '[data]'],
    ['sha 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', 'sha [blob]'],
    ['{"body":"see you \\"there\\"","x":1}', '{"body":"[masked]","x":1}'],
    ['█▀▀▀▀▀█ ▄▀ █▀▀▀▀▀█\n█ ███ █ ▀▄ █ ███ █', '[qr]'],
  ])('%s', (text, expected) => {
    expect(scrub(text)).toBe(expected);
  });

  it('a blob within a path, with as little of the path as can be told from it', () => {
    expect(scrub('/data/whatsapp-sessions/session-main/x/Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5/end')).toMatch(
      /^\/data\/whatsapp-sessions\/.*\[blob\]$/,
    );
  });
});

describe('a secret that was registered', () => {
  const secret = 'correct horse/battery';

  it('is masked in every form, until it is forgotten', () => {
    const forget = registerSecret(secret);
    const forms = [
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('hex'),
    ];
    for (const form of forms) expect(scrub(`<${form}>`)).not.toContain(form.slice(0, 12));
    forget();
    expect(scrub(secret)).toBe(secret);
  });

  it('stays masked while somebody else has registered it too', () => {
    const first = registerSecret(secret);
    const second = registerSecret(secret);
    first();
    first();
    expect(scrub(secret)).toBe('[secret]');
    second();
  });

  it('that is too short to be one masks nothing', () => {
    const forget = registerSecret('the');
    expect(scrub('the end')).toBe('the end');
    forget();
  });
});

it('lets no credential through, whatever stands around it', () => {
  const secrets = [
    '2@abcDEF123+/=,keykeykey=',
    '491701234567@c.us',
    '+49 170 7654321',
    '4917012345',
    'WXYZ-2345',
    'Bearer hunter2hunter2',
    'eyJhbGciOiJI.eyJzdWIi',
    'aB3dE6gH9jK2mN5pQ8sT1vW4',
  ];
  const around = [
    ' ',
    '\n',
    '"',
    "'",
    ', ',
    ': ',
    ' (',
    ') ',
    '[',
    ']',
    '{"x":"',
    '"}',
    ' ö ',
    '\ud800 ',
    '; ',
    '<',
    '>',
  ];
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(fc.constantFrom(...around), fc.constantFrom(...secrets), fc.constantFrom(...around)),
        {
          minLength: 1,
          maxLength: 8,
        },
      ),
      (parts) => {
        const masked = scrub(parts.flat().join(''));
        for (const secret of secrets) expect(masked).not.toContain(secret);
        expect(masked).not.toContain('hunter2');
      },
    ),
    { numRuns: 300 },
  );
});

it('takes any text, and never throws', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 100 }), (text) => void scrub(text)));
});

it('masks random key material wherever it stands', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 64, maxLength: 96 }),
      fc.constantFrom('base64', 'base64url', 'hex'),
      (bytes, encoding) => {
        fc.pre(new Set(bytes).size > 48);
        const text = Buffer.from(bytes).toString(encoding as BufferEncoding);
        const masked = scrub(`before ${text} after`);
        // Whatever remains is too short to be of use.
        for (const part of masked.split('[blob]')) expect(part.length).toBeLessThan(text.length / 2);
      },
    ),
    { seed: 7, numRuns: 300 },
  );
});

it('takes a QR that is drawn with coloured spaces for one', () => {
  const cell = (colour: number) => `\u001b[${colour}m  \u001b[0m`;
  const row = Array.from({ length: 30 }, (_, at) => cell(at % 2 ? 40 : 47)).join('');
  expect(scrub(`before ${row} after`)).toBe('before [qr]after');
  const coloured = '\u001b[32mINFO\u001b[0m \u001b[1mready\u001b[0m';
  expect(scrub(coloured)).toBe(coloured);
});

it.each(['1', 'a', 'A1', '+1 ', '2@', '█', '1:', 'aA0', 'token=', 'eyJ', '"qr":"', '-', 'code ', '0a'])(
  'stays fast on a long text of %j',
  (unit) => {
    // Time of the processor, which a busy machine does not stretch.
    const started = process.cpuUsage();
    scrub(unit.repeat(65_536 / unit.length));
    expect(process.cpuUsage(started).user / 1_000).toBeLessThan(1_500);
  },
);
