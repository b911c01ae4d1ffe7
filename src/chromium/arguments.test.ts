import { describe, expect, it } from 'vitest';
import { chromiumArguments } from './arguments.ts';

const megabyte = 1024 ** 2;
const plain = { sandbox: true, sharedMemory: 1024 * megabyte, user: [] };

describe("Chromium's arguments", () => {
  it('keep the browser from talking to anybody by itself', () => {
    const args = chromiumArguments(plain);
    for (const one of [
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-domain-reliability',
      '--disable-sync',
      '--no-first-run',
    ])
      expect(args).toContain(one);
    expect(args.find((one) => one.startsWith('--host-resolver-rules='))).toContain(
      'MAP update.googleapis.com ~NOTFOUND',
    );
  });

  it('never touch hosts of WhatsApp', () => {
    expect(chromiumArguments(plain).join()).not.toContain('whatsapp');
  });

  it('switch the sandbox off only when told to', () => {
    expect(chromiumArguments(plain)).not.toContain('--no-sandbox');
    expect(chromiumArguments({ ...plain, sandbox: false })).toContain('--no-sandbox');
  });

  it.each([
    [null, true],
    [64 * megabyte, true],
    [256 * megabyte, false],
  ])('avoid a /dev/shm of %d bytes: %s', (sharedMemory, avoided) => {
    expect(chromiumArguments({ ...plain, sharedMemory }).includes('--disable-dev-shm-usage')).toBe(avoided);
  });

  it('end with those of the browser and then those of the user', () => {
    const args = chromiumArguments({ ...plain, browser: ['--accept-lang=en-US'], user: ['--lang=de'] });
    expect(args.slice(-2)).toEqual(['--accept-lang=en-US', '--lang=de']);
  });
});
