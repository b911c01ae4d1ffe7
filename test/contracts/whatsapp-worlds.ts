import { afterEach, expect } from 'vitest';
import type { Disk } from '../../src/system/disk.ts';
import { browsersOn, EngineSession } from './engine-session.ts';
import { type RigOptions, type WhatsAppRig, whatsAppRig } from './whatsapp-rig.ts';

export interface WhatsAppWorld {
  readonly rig: WhatsAppRig;
  session(spec?: WhatsAppRig['spec'], disk?: Disk): EngineSession;
  /** Paired by QR and ready. */
  paired(): Promise<EngineSession>;
  /** Paired, closed and started again; not waited for. */
  again(): Promise<EngineSession>;
}

/** Makes worlds for the tests of a file; after each test it ends them and fails it if a browser was left. */
export function whatsAppWorlds(): (options?: RigOptions) => Promise<WhatsAppWorld> {
  const opened: { rig: WhatsAppRig; sessions: EngineSession[] }[] = [];

  afterEach(async () => {
    for (const { rig, sessions } of opened.splice(0)) {
      await Promise.all(sessions.map(({ engine }) => engine.kill()));
      const left = await browsersOn(rig.profile);
      await rig[Symbol.asyncDispose]();
      expect(left, 'browsers left on the profile').toEqual([]);
    }
  });

  return async (options = {}) => {
    const rig = await whatsAppRig(options);
    const sessions: EngineSession[] = [];
    opened.push({ rig, sessions });
    const session = (spec = rig.spec, disk?: Disk) => {
      const one = new EngineSession(rig.engine(disk), spec);
      sessions.push(one);
      return one;
    };
    const paired = async () => {
      const one = session();
      await one.start();
      await rig.scan((await one.event('qr')).qr);
      await one.event('ready');
      return one;
    };
    const again = async () => {
      await (await paired()).close();
      return session();
    };
    return { rig, session, paired, again };
  };
}
