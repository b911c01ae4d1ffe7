/**
 * Every path on the volume. Profiles lie where LocalAuth puts them, so that a volume can be moved from and to
 * a bare whatsapp-web.js; everything of ours is below `vigil/`. volume-layout.md describes each for people.
 */
import { join, relative } from 'node:path';
import { type SessionId, sessionId } from '../session/id.ts';

export interface VolumeLayout {
  readonly root: string;
  /** Profiles: `session-<id>` each. */
  readonly sessions: string;
  /** The profile of the session `default` is `session`, as a LocalAuth without a name wrote it. */
  readonly bareDefault: boolean;
  readonly ours: string;
  /** Held open under an exclusive kernel lock by whoever works on the volume. */
  readonly lock: string;
  /** Who holds the lock, for people; never consulted to decide anything. */
  readonly holder: string;
  readonly controlSocket: string;
  /** Which installation this volume is, in a vault that others may reach as well. */
  readonly installation: string;
  /** There while another installation owns the vault and may run sessions of this volume. */
  readonly lostVault: string;
  /** There while a lost volume's sessions are being brought back. */
  readonly recovery: string;
  /** Logins to the pages that were given back before they ended. */
  readonly logouts: string;
  readonly registry: string;
  readonly records: string;
  readonly quarantine: string;
  readonly logs: string;
  readonly webVersions: string;
  readonly cache: string;
  readonly vault: string;
  /** Copies and unpacked backups on their way; nothing in it outlives the run that made it. */
  readonly staging: string;
  /** What people did that cannot be undone, one file each. */
  readonly audit: string;
  /** Journals of restores that are under way, one a session. */
  readonly restores: string;
}

/** @param bareDefault see there; found out when the volume is opened */
export function volumeLayout(root: string, bareDefault = false): VolumeLayout {
  const ours = join(root, 'vigil');
  return {
    root,
    sessions: join(root, 'whatsapp-sessions'),
    bareDefault,
    ours,
    lock: join(ours, 'lock.db'),
    holder: join(ours, 'holder.json'),
    controlSocket: join(ours, 'control.sock'),
    installation: join(ours, 'installation.json'),
    lostVault: join(ours, 'lost-vault.json'),
    recovery: join(ours, 'recovery.json'),
    logouts: join(ours, 'logouts.json'),
    registry: join(ours, 'registry.db'),
    records: join(ours, 'sessions'),
    quarantine: join(ours, 'quarantine'),
    logs: join(ours, 'logs'),
    webVersions: join(ours, 'web-versions'),
    cache: join(ours, 'cache'),
    vault: join(ours, 'vault'),
    staging: join(ours, 'staging'),
    audit: join(ours, 'audit'),
    restores: join(ours, 'restores'),
  };
}

/** The session that a profile without a name becomes. */
export const bareSession: SessionId = sessionId('default');

export function profilePath(layout: VolumeLayout, id: SessionId): string {
  return join(layout.sessions, layout.bareDefault && id === bareSession ? 'session' : `session-${id}`);
}

export function recordPath(layout: VolumeLayout, id: SessionId): string {
  return join(layout.records, `${id}.json`);
}

export function logPath(layout: VolumeLayout, id: SessionId): string {
  return join(layout.logs, `${id}.log`);
}

/**
 * Whether a vault (config/vault-address.ts) lies on the volume and is lost together with it, as far as paths tell: its
 * usual place, or another directory below the root. There nobody else's sessions are in it, and where the directory is
 * missing nothing was put yet.
 */
export function liesOnVolume(
  vault: { readonly kind: string; readonly path?: string },
  layout: Pick<VolumeLayout, 'root'>,
): boolean {
  if (vault.path === undefined) return false;
  const [first] = relative(layout.root, vault.path).split('/');
  return first !== '..';
}
