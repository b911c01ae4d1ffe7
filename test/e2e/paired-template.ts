/** Run once before the end-to-end tests: a volume whose session was paired, sealed, backed up and stopped in order. */
import type { TestProject } from 'vitest/node';
import { Rig } from './rig.ts';
import { type LinkedDevice, startWhatsApp } from './whatsapp.ts';

export interface PairedTemplate {
  /** The volume's path. Copied, never run on. */
  readonly root: string;
  /** As WhatsApp has to know it. */
  readonly device: LinkedDevice;
}

declare module 'vitest' {
  interface ProvidedContext {
    readonly pairedTemplate: PairedTemplate;
  }
}

let maker: Rig | null = null;

export async function setup(project: TestProject): Promise<void> {
  maker = new Rig(await startWhatsApp({ autoScanMs: 0 }));
  const volume = await maker.volume();
  try {
    const daemon = await maker.serve(volume);
    await daemon.ready();
    await daemon.until(({ lastBackup }) => lastBackup !== null, { what: 'a first backup' });
    await daemon.stop();
    const [device] = maker.whatsapp.linked();
    if (!device) throw new Error('no device was linked');
    project.provide('pairedTemplate', { root: volume.root, device });
  } catch (error) {
    console.error(maker.tell());
    await teardown();
    throw error;
  }
}

export async function teardown(): Promise<void> {
  await maker?.[Symbol.asyncDispose]();
  maker = null;
}
