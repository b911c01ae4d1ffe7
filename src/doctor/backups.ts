import { readOpenIncidents } from '../registry/read-open-incidents.ts';
import { backupIncidentView } from '../session/backup-incident.ts';
import { backupIncidentWords } from '../wording/backup-incident-words.ts';
import { bad, type Finding, good } from '../wording/finding.ts';
import type { Check } from './context.ts';

/** What the daemon has noted, whether it runs or not; the backups themselves are `vigil verify`'s to look at. */
export const backupsCheck: Check = {
  name: 'backups',
  async run({ layout, clock }) {
    // A registry that cannot be read is the finding of its own check.
    const incidents = await readOpenIncidents(layout.registry).catch(() => null);
    if (incidents === null) return [];
    const open = incidents.map(backupIncidentView).filter((view) => view !== null);
    if (open.length === 0) return [good('backups', 'nothing is known to be wrong with them')];
    // What concerns all explains the others.
    const ordered = open.toSorted((a, b) => (a.session ?? '').localeCompare(b.session ?? ''));
    return ordered.map((view): Finding => {
      const whose = view.session === null ? '' : `session "${view.session}": `;
      return bad(
        'backups',
        `${whose}${backupIncidentWords(view, clock.now())}`,
        view.remedy ?? seeLogs(view.session),
      );
    });
  },
};

const seeLogs = (session: string | null): string =>
  session === null
    ? 'See the log of the daemon; it goes on trying by itself.'
    : `See \`vigil logs ${session}\`; it goes on trying by itself, and \`vigil backup ${session}\` tries at once.`;
