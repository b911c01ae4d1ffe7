/** What a probe's report means. Several signals, since `getState()` alone says CONNECTED on a broken page. */
import type { ProbeReport } from '../engine/engine.ts';

export type Verdict =
  | 'healthy'
  | 'navigating'
  | 'silent'
  | 'offline'
  | 'bridge_lost'
  | 'conflict'
  | 'unlinked';

const unlinkedStates: ReadonlySet<string> = new Set(['UNPAIRED', 'UNPAIRED_IDLE']);

export function judge(report: ProbeReport): Verdict {
  if (report.page === 'silent') return 'silent';
  if (report.page === 'navigating') return 'navigating';
  if (report.socket === 'CONFLICT') return 'conflict';
  if (report.socket !== null && unlinkedStates.has(report.socket)) return 'unlinked';
  if (report.socket !== 'CONNECTED') return 'offline';
  if (!report.bridge) return 'bridge_lost';
  return 'healthy';
}
