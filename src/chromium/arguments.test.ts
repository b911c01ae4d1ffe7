import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { chromiumArguments } from './arguments.ts';

const plain = { sandbox: true, user: [] };

/** What Puppeteer passes of itself, which our own arguments are made to go with. */
const puppeteers = (args: readonly string[]): string[] => {
  const require = createRequire(import.meta.url);
  return require('puppeteer').defaultArgs({ args: [...args] });
};

describe("Chromium's arguments", () => {
  it('keep the browser from talking to anybody by itself, together with those of Puppeteer', () => {
    const all = puppeteers(chromiumArguments(plain));
    for (const one of [
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-domain-reliability',
      '--disable-sync',
      '--no-first-run',
    ])
      expect(all).toContain(one);
    const features = all.filter((one) => one.startsWith('--disable-features='));
    expect(features).toEqual([
      expect.stringMatching(/(?=.*MediaRouter)(?=.*OptimizationHints)(?=.*CertificateTransparency)/),
    ]);
    expect(all.find((one) => one.startsWith('--host-resolver-rules='))).toContain(
      'MAP update.googleapis.com ~NOTFOUND',
    );
  });

  it('repeat none of those that Puppeteer passes, /dev/shm among them', () => {
    const theirs = puppeteers([]);
    expect(theirs).toContain('--disable-dev-shm-usage');
    expect(chromiumArguments(plain).filter((one) => theirs.includes(one))).toEqual([]);
  });

  it('never touch hosts of WhatsApp', () => {
    expect(chromiumArguments(plain).join()).not.toContain('whatsapp');
  });

  it('switch the sandbox off only when told to', () => {
    expect(chromiumArguments(plain)).not.toContain('--no-sandbox');
    expect(chromiumArguments({ ...plain, sandbox: false })).toContain('--no-sandbox');
  });

  it('end with those of the user', () => {
    expect(chromiumArguments({ ...plain, user: ['--lang=de'] }).at(-1)).toBe('--lang=de');
  });
});
