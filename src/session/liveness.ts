/** What a probe's report means. Several signals, since `getState()` alone says CONNECTED on a broken page. */
import type { ProbeReport } from '../engine/engine.ts';

export type Health =
  | 'healthy'
  | 'navigating'
  | 'silent'
  | 'offline'
  | 'bridge_lost'
  | 'conflict'
  | 'unlinked';

export function judge(report: ProbeReport): Health {
  if (report.page === 'silent') return 'silent';
  if (report.page === 'navigating') return 'navigating';
  if (report.socket === 'conflict') return 'conflict';
  if (report.socket === 'unpaired') return 'unlinked';
  if (report.socket !== 'up') return 'offline';
  if (!report.bridge) return 'bridge_lost';
  return 'healthy';
}
