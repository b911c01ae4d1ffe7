/** Backups of sessions, and what is done behind each. */
import type { BackupIncidents } from '../backup/incidents.ts';
import type { Settings } from '../config/settings.ts';
import { bytesOf } from '../config/share.ts';
import type { Logger } from '../log.ts';
import { Housekeeping } from '../restore/housekeeping.ts';
import type { RestoreTools } from '../restore/tools.ts';
import { VolumeBackups } from '../restore/volume-backups.ts';
import type { SessionRecord } from '../session/record.ts';

export interface ComposeBackups {
  readonly tools: RestoreTools;
  readonly settings: Settings;
  /** The vault lies on the volume itself. */
  readonly onVolume: boolean;
  readonly log: Logger;
  readonly incidents: BackupIncidents;
  /** Of all sessions, as they are when it is called. */
  readonly records: () => readonly SessionRecord[];
}

export function composeBackups({ tools, settings, onVolume, log, incidents, records }: ComposeBackups): {
  readonly housekeeping: Housekeeping;
  readonly backups: VolumeBackups;
} {
  const { backupKeep: keep, backupKeepLast: keepLast, backupKeepWeekly: keepWeekly, vaultMax } = settings;
  const all = () => tools.disk.totalBytes(tools.layout.root);
  const cap = onVolume ? () => bytesOf(vaultMax, all) : null;
  const housekeeping = new Housekeeping(tools, { keep, keepLast, keepWeekly, cap }, records, log);
  const afterGood = housekeeping.afterGood.bind(housekeeping);
  return { housekeeping, backups: new VolumeBackups(tools, log, { incidents, afterGood }) };
}
