import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeClock } from '../../test/doubles/fake-clock.ts';
import { ScriptedBackups } from '../../test/doubles/scripted-backups.ts';
import { ScriptedOperations } from '../../test/doubles/scripted-operations.ts';
import { openHttpDoor } from './http-door.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

async function door(settings: { host?: string; port?: number; apiKey?: string | null }) {
  const opened = await openHttpDoor(
    { host: '127.0.0.1', port: 0, apiKey: null, ...settings },
    {
      operations: new ScriptedOperations().add('sales'),
      backups: new ScriptedBackups(),
      clock: new FakeClock(),
      log: silent,
      health: () => ({ version: '1.2.3' }),
      ready: () => true,
    },
  );
  onTestFinished(() => opened.close());
  return opened;
}

/** A port that another program listens on. */
async function taken(): Promise<number> {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => other.close(() => resolve())));
  const address = other.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('the HTTP door', () => {
  it('says where it is, as a person types it', async () => {
    const { url } = await door({});
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*\/$/);
    expect((await fetch(new URL('/health', url))).status).toBe(200);
  });

  it('is called localhost where it listens on every address', async () => {
    expect((await door({ host: '0.0.0.0', apiKey: 'correct-horse-battery-staple' })).url).toMatch(
      /^http:\/\/localhost:\d+\/$/,
    );
  });

  it('asks for the key where there is one', async () => {
    const { url } = await door({ apiKey: 'correct-horse-battery-staple' });
    const ask = (headers: Record<string, string>) =>
      fetch(new URL('/api/sessions', url), { headers }).then(({ status }) => status);
    expect(await ask({})).toBe(401);
    expect(await ask({ 'x-api-key': 'correct-horse-battery-staple' })).toBe(200);
  });

  it('that cannot be opened says that the port is in use, by which address and what to do', async () => {
    const port = await taken();
    await expect(door({ port })).rejects.toMatchObject({
      code: 'invalid_config',
      message: `HTTP cannot listen on 127.0.0.1 port ${port}: another program listens there.`,
      remedy: expect.stringContaining('PORT'),
    });
  });

  it.each(['192.0.2.1', 'no-such-host.invalid'])(
    'that cannot be opened says that the address is none of this machine: %s',
    async (host) => {
      await expect(door({ host })).rejects.toMatchObject({
        code: 'invalid_config',
        message: expect.stringContaining(`HTTP cannot listen on ${host} port 0: `),
      });
    },
  );

  it('listens on every IPv4 address where the kernel has no IPv6, and says so', async () => {
    const asked: string[] = [];
    const warnings: string[] = [];
    const opened = await openHttpDoor(
      { host: '::', port: 0, apiKey: 'correct-horse-battery-staple' },
      {
        operations: new ScriptedOperations(),
        backups: new ScriptedBackups(),
        clock: new FakeClock(),
        log: { ...silent, warn: (_fields, message) => void warnings.push(message) },
        health: () => ({}),
        ready: () => true,
      },
      async (app, host, port) => {
        asked.push(host);
        if (host === '::') throw Object.assign(new Error('listen'), { code: 'EAFNOSUPPORT' });
        await app.listen({ host, port });
      },
    );
    onTestFinished(() => opened.close());
    expect(asked).toEqual(['::', '0.0.0.0']);
    expect(warnings).toEqual([expect.stringContaining('no IPv6')]);
    expect(opened.url).toMatch(/^http:\/\/localhost:[1-9]/);
  });

  it('is free again once it was closed', async () => {
    const first = await door({});
    const port = Number(new URL(first.url).port);
    await first.close();
    expect((await door({ port })).url).toBe(first.url);
  });
});
