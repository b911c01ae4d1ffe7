/**
 * Every path on the volume. Profiles lie where LocalAuth puts them, so that a volume can be moved from and to
 * a bare whatsapp-web.js; everything of ours is below `vigil/`. volume-layout.md describes each for people.
 */
import { join } from 'node:path';
import type { SessionId } from '../session/id.ts';

export interface VolumeLayout {
  readonly root: string;
  /** Profiles: `session-<id>` each. */
  readonly sessions: string;
  readonly ours: string;
  /** Held open under an exclusive kernel lock by whoever works on the volume. */
  readonly lock: string;
  /** Who holds the lock, for people; never consulted to decide anything. */
  readonly holder: string;
  readonly controlSocket: string;
  readonly registry: string;
  readonly records: string;
  readonly quarantine: string;
  readonly logs: string;
  readonly webVersions: string;
  readonly cache: string;
  readonly vault: string;
}

export function volumeLayout(root: string): VolumeLayout {
  const ours = join(root, 'vigil');
  return {
    root,
    sessions: join(root, 'whatsapp-sessions'),
    ours,
    lock: join(ours, 'lock.db'),
    holder: join(ours, 'holder.json'),
    controlSocket: join(ours, 'control.sock'),
    registry: join(ours, 'registry.db'),
    records: join(ours, 'sessions'),
    quarantine: join(ours, 'quarantine'),
    logs: join(ours, 'logs'),
    webVersions: join(ours, 'web-versions'),
    cache: join(ours, 'cache'),
    vault: join(ours, 'vault'),
  };
}

export function profilePath(layout: VolumeLayout, id: SessionId): string {
  return join(layout.sessions, `session-${id}`);
}

export function recordPath(layout: VolumeLayout, id: SessionId): string {
  return join(layout.records, `${id}.json`);
}

export function logPath(layout: VolumeLayout, id: SessionId): string {
  return join(layout.logs, `${id}.log`);
}
