import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScriptedEngine } from '../../src/engine/scripted/scripted-engine.ts';
import { sessionId } from '../../src/session/id.ts';
import { systemClock } from '../../src/system/clock.ts';
import { type EngineRig, engineContract } from './engine.ts';
import { whatsAppRig } from './whatsapp-rig.ts';

async function scriptedRig(): Promise<EngineRig> {
  const root = await mkdtemp(join(tmpdir(), 'vigil-scripted-'));
  const session = sessionId('contract');
  let engine = new ScriptedEngine();
  return {
    profile: join(root, `session-${session}`),
    spec: {
      session,
      sessionsRoot: root,
      profile: `session-${session}`,
      executable: '/nonexistent/chromium',
      args: [`--vigil-volume=${root}`],
      library: null,
      webVersion: null,
      webVersionsRoot: root,
      deviceName: null,
      bot: null,
      botVariables: [],
      deadlines: {
        browser: 1_000,
        navigation: 1_000,
        boot: 1_000,
        bot: 1_000,
        protocol: 1_000,
        close: 1_000,
      },
    },
    engine(disk) {
      engine = new ScriptedEngine({ browser: true, start: 50, sync: 20 }, systemClock, disk);
      return engine;
    },
    scan: () => engine.scan(),
    unlink: () => engine.unlink(),
    async hang() {
      engine.hang();
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

engineContract('scripted', scriptedRig);
engineContract('whatsapp-web', () => whatsAppRig());
