import { expect, it } from 'vitest';
import { loadSettings } from '../config/load.ts';
import { sessionId } from '../session/id.ts';
import { defaultPolicy } from '../session/policy.ts';
import type { SessionSettings } from '../session/record.ts';
import { volumeLayout } from '../volume/layout.ts';
import { launchSpec } from './launch-spec.ts';

const layout = volumeLayout('/volume');
const browser = {
  executable: '/chromium',
  version: '153.0.0.0',
  args: ['--headless=new', '--mine'],
};
const specFor = (env: Record<string, string>, own: SessionSettings = {}) =>
  launchSpec(
    { id: sessionId('main'), settings: own },
    loadSettings({ env, cwd: '/' }).settings,
    layout,
    browser,
  );

it('tells a host its session, its volume and its browser, which carries the mark of the volume', () => {
  expect(specFor({})).toMatchObject({
    session: 'main',
    sessionsRoot: '/volume/whatsapp-sessions',
    profile: 'session-main',
    executable: '/chromium',
    args: ['--vigil-volume=/volume', '--headless=new', '--mine'],
    library: null,
    webVersion: null,
    webVersionsRoot: '/volume/vigil/web-versions',
    deviceName: null,
    bot: null,
  });
});

it('names the bot of the daemon, the session’s own instead of it, or none', () => {
  const daemons = { VIGIL_BOT: 'bot.mjs' };
  expect(specFor(daemons).bot).toBe('/bot.mjs');
  expect(specFor(daemons, { bot: '/own.ts' }).bot).toBe('/own.ts');
  expect(specFor(daemons, { bot: false }).bot).toBeNull();
  expect(specFor({}, { bot: '/own.ts' }).bot).toBe('/own.ts');
});

it('tells a host what was set', () => {
  const spec = specFor({
    VIGIL_WWEBJS: '/lib/whatsapp-web.js',
    VIGIL_WEB_VERSION: '2.3000.1017054665',
    VIGIL_DEVICE_NAME: 'Shop',
  });
  expect(spec).toMatchObject({
    library: '/lib/whatsapp-web.js',
    webVersion: '2.3000.1017054665',
    deviceName: 'Shop',
  });
});

it('tells a host nothing that is secret', () => {
  const spec = specFor({ VIGIL_API_KEY: 'canary-canary-canary-canary' });
  expect(JSON.stringify(spec)).not.toContain('canary');
});

it('bounds every phase, and all phases of a launch by less than the launch itself', () => {
  const { deadlines } = specFor({});
  for (const deadline of Object.values(deadlines)) expect(deadline).toBeGreaterThan(0);
  const { browser: launch, navigation, boot, bot } = deadlines;
  expect(bot + launch + navigation + boot).toBeLessThan(defaultPolicy.launch);
});
