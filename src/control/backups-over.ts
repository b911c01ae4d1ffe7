/** The daemon's backups, asked for over its control socket. */
import type { SessionId } from '../session/id.ts';
import type { BackupOperations, BackupView } from '../supervisor/backup-operations.ts';
import type { ImportPlanView } from '../supervisor/import-operations.ts';
import { ask, type Line } from './exchange.ts';
import { workOver } from './work-over.ts';

/** Milliseconds for a list: a vault may be far away, and every manifest is read. */
const listing = 120_000;

/**
 * Where a signal aborts, a verification, a drill and a rehearsal end in the daemon as well; a backup, a restore, an import and a
 * purge that have begun go on there.
 */
export function backupsOver(line: Line): BackupOperations {
  const of = (id: SessionId) => `/api/sessions/${id}`;
  return {
    async backups(id) {
      const path = id === null ? '/api/backups' : `${of(id)}/backups`;
      return (await ask(line, { method: 'GET', path, deadline: listing })) as readonly BackupView[];
    },
    backup: (id, signal) =>
      workOver(line, { path: `${of(id)}/backup`, subject: `the backup of session "${id}"`, signal }),
    restore: (id, options, signal) =>
      workOver(line, {
        path: `${of(id)}/restore`,
        body: options,
        subject: `the restore of session "${id}"`,
        signal,
      }),
    async clear(id, backup) {
      const path = `${of(id)}/backups/${encodeURIComponent(backup)}/clear`;
      return (await ask(line, { method: 'POST', path, deadline: listing })) as BackupView;
    },
    verify: (id, signal) =>
      workOver(line, { path: `${of(id)}/verify`, subject: `the look at session "${id}"`, signal }),
    drill: (id, which, signal) =>
      workOver(line, {
        path: `${of(id)}/drill`,
        body: { which },
        subject: `the drill of session "${id}"`,
        signal,
      }),
    purge: (id, signal) =>
      workOver(line, { path: `${of(id)}/purge`, subject: `the erasure of session "${id}"`, signal }),
    recover: (request, signal) =>
      workOver(line, { path: '/api/recovery', body: request, subject: 'the recovery', signal }),
    async importable(request) {
      const asked = { method: 'POST', path: '/api/imports', body: request, deadline: listing } as const;
      return (await ask(line, asked)) as ImportPlanView;
    },
    import: (id, request, signal) =>
      workOver(line, {
        path: `${of(id)}/import`,
        body: request,
        subject: `the import of session "${id}"`,
        signal,
      }),
  };
}
