/** Bare programs on the profiles of a volume (bare/client.mjs). */
import { fileURLToPath } from 'node:url';
import type { SessionId } from '../src/session/id.ts';
import type { VolumeLayout } from '../src/volume/layout.ts';
import { Program, type Said } from './program.ts';
import type { Workshop } from './workshop.ts';

const script = fileURLToPath(new URL('./bare/client.mjs', import.meta.url));

export function startBare(
  { chromium, environment }: Pick<Workshop, 'chromium' | 'environment'>,
  layout: VolumeLayout,
  ids: readonly SessionId[],
  pause?: number,
): Program {
  const request = {
    ids,
    dataPath: layout.sessions,
    executable: chromium.executable,
    // So that what is left of a run that fails can be told from everything else.
    args: [...chromium.args, `--vigil-bench=${layout.root}`],
    pause,
  };
  return new Program(`the bare program of ${ids.join(', ')}`, [script, JSON.stringify(request)], environment);
}

export function readyOf(program: Program, id: SessionId): Promise<Said> {
  return program.line((line) => line['event'] === 'ready' && line['id'] === id, `that ${id} is ready`);
}

/** Seconds from the spawn of a bare program to `ready`, on a profile of its own. */
export async function launchOnce(workshop: Workshop, id: SessionId): Promise<number> {
  const layout = await workshop.volumeWith([id]);
  try {
    await using program = startBare(workshop, layout, [id]);
    const { at } = await readyOf(program, id);
    return (at - program.startedAt) / 1000;
  } finally {
    await workshop.discard(layout);
  }
}
