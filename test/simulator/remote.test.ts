import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectSimulator } from './connect.ts';
import type { SimulatorControl } from './control.ts';
import { scratchDirectory } from './test-browser.ts';
import { TestClient } from './test-client.ts';

interface Announcement {
  port: number;
  controlPort: number;
  controlUrl: string;
  chromiumArgs: string[];
}

let server: ChildProcess;
let announced: Announcement;
let control: SimulatorControl;

beforeAll(async () => {
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const settings = JSON.stringify({ autoScanMs: 100, historyBytes: 100_000, syncDelayMs: 800 });
  server = spawn(process.execPath, [main, '--settings', settings], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(server.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  announced = JSON.parse(line.toString()) as Announcement;
  control = connectSimulator(announced.controlUrl);
});

afterAll(async () => {
  const exited = once(server, 'exit');
  server.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
});

test('a standalone simulator is controlled over HTTP as one in process is', async () => {
  await using scratch = await scratchDirectory();
  await using client = await TestClient.start(announced.chromiumArgs, scratch.path);
  await client.event('ready');
  const { devices } = await control.state();
  const device = `${devices[0]?.id}`;
  const { ids } = await control.deliver({ to: { device }, body: 'by wire' });
  expect(ids).toHaveLength(1);
  expect((await client.event('message'))[0]).toMatchObject({ body: 'by wire' });
});

test('curl is enough, and mistakes are explained', async () => {
  const state = await fetch(new URL('/state', announced.controlUrl));
  expect(await state.json()).toMatchObject({ serving: 'normal', settings: { autoScanMs: 100 } });
  const unknown = await fetch(new URL('/reboot', announced.controlUrl), { method: 'POST', body: '{}' });
  expect(unknown.status).toBe(404);
  await expect(control.unlink({ device: 'nobody' })).rejects.toThrow('there is no device "nobody"');
  const wrong = { syncDelay: 3 } as Record<string, unknown>;
  await expect(control.configure(wrong)).rejects.toThrow('there is no setting "syncDelay"');
});
