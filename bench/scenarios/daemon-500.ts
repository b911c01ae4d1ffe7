/** The daemon's own cost with 500 sessions, measured from within it (fleet/daemon.ts). */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SessionId, sessionId } from '../../src/session/id.ts';
import { newRecord } from '../../src/session/record.ts';
import { formatRecord } from '../../src/session/record-format.ts';
import { profilePath, recordPath, type VolumeLayout, volumeLayout } from '../../src/volume/layout.ts';
import { storeLogin } from '../../test/doubles/stored-login.ts';
import type { Build } from '../build.ts';
import { figure, type Result } from '../figure.ts';
import { Program } from '../program.ts';
import type { Request } from './scenario.ts';

const fleet = 500;
const minutes = 3;

export async function daemon500(program: Build, { told }: Request): Promise<Result> {
  const layout = volumeLayout(await mkdtemp(join(tmpdir(), 'vigil-bench-fleet-')));
  try {
    for (let number = 1; number <= fleet; number++) {
      await saveSession(layout, sessionId(`s${String(number).padStart(3, '0')}`));
    }
    await using daemon = new Program(
      'the daemon of the fleet',
      [program.fleet, layout.root, String(minutes)],
      process.env,
    );
    const online = await daemon.line((line) => line['fleet'] === 'online', 'that all are online');
    told(`${fleet} sessions online after ${Number(online.json['seconds']).toFixed(1)} s`);
    const { json } = await daemon.line((line) => line['fleet'] === 'measured', 'what it measured', {
      deadline: (minutes + 3) * 60_000,
    });
    const measured = json as Record<string, number>;
    const of = (name: string) => [measured[name] ?? Number.NaN];
    const cpu = (measured['user'] ?? Number.NaN) + (measured['system'] ?? Number.NaN);
    return {
      scenario: 'daemon-500',
      title: `Daemon with ${fleet} scripted sessions, ${minutes} minutes at default intervals`,
      figures: [
        figure('CPU of one core', '%', [cpu], { limit: 5 }),
        figure('  of it in user space', '%', of('user')),
        figure('  of it in the kernel', '%', of('system')),
        figure('peak RSS', 'MB', of('rss'), { limit: 200 }),
        figure('peak PSS', 'MB', of('pss'), { limit: 200 }),
        figure('heap in use at the end', 'MB', of('heap')),
        figure('from boot to all online', 's', [Number(online.json['seconds'])]),
        figure('online at the end', 'count', of('online')),
        figure('seen by a probe in the last 90 s, by the registry', 'count', of('seen')),
      ],
      notes: [
        'Hosts are connections to one other process; supervisor, sessions, probes, records, registry, logs and both servers are the real ones.',
      ],
    };
  } finally {
    await rm(layout.root, { recursive: true, force: true });
  }
}

async function saveSession(layout: VolumeLayout, id: SessionId): Promise<void> {
  const profile = profilePath(layout, id);
  await storeLogin(profile);
  await writeFile(join(profile, 'Default', 'scripted-login'), 'linked\n');
  await mkdir(layout.records, { recursive: true });
  const now = Date.now();
  // Backups are measured by themselves.
  const backup = { id: 'earlier', at: new Date(now).toISOString() };
  const record = { ...newRecord(id, now), login: 'settled' as const, backup };
  await writeFile(recordPath(layout, id), formatRecord(record), { mode: 0o600 });
}
