import type { BackupIncidentView } from '../../backup/incidents.ts';
import type { SessionView } from '../../session/session-view.ts';
import { backupIncidentWords } from '../../wording/backup-incident-words.ts';
import { relativeTime } from '../../wording/relative-time.ts';
import { reasonWords, statusWords } from '../../wording/words.ts';
import type { SettingRow } from '../context.ts';
import { printable } from '../printable.ts';
import type { Style } from '../style.ts';
import { type Row, table } from '../table.ts';
import { vaultNote } from '../vault-note.ts';
import { callOf, type Register, withOperations } from '../verb.ts';

export const registerSessions: Register = (program, context, done) => {
  program
    .command('sessions')
    .description('list the sessions and how they are')
    .action(async (_options, command) => {
      const call = callOf(command, context);
      const sessions = await withOperations(call, ({ operations }) => operations.sessions());
      // Not worth a failure: the sessions are what was asked for.
      const rows = await context.settings(call.flags, null).then(
        ({ rows }) => rows,
        () => [],
      );
      call.output.result(
        sessions,
        () => sessionTable(sessions, context.clock.now(), call.output.style) + ofVault(sessions, rows),
      );
      done(0);
    });
};

function sessionTable(sessions: readonly SessionView[], now: number, style: Style): string {
  if (sessions.length === 0) return 'No sessions yet. Type `vigil pair main` to link the first one.\n';
  const head = ['SESSION', 'STATUS', 'PHONE', 'NAME', 'LAST SEEN', 'LAST BACKUP', 'RESTARTS'];
  const rows = table(
    head,
    sessions.map((session) => row(session, now, style)),
  );
  return rows + ofAll(sessions, now, style);
}

/** Said where there is something to lose. */
function ofVault(sessions: readonly SessionView[], rows: readonly SettingRow[]): string {
  const note = sessions.length === 0 ? null : vaultNote(rows);
  return note === null ? '' : `\n${printable(note)}\n`;
}

/** What concerns the backups of all, once and below them. */
function ofAll(sessions: readonly SessionView[], now: number, style: Style): string {
  const found = sessions.flatMap(({ backupIncidents }) => backupIncidents).filter(isOfAll);
  const lines = found.map((incident) => backupNotes(incident, now, style).join('\n'));
  return [...new Set(lines)].map((lines) => `\n${lines}\n`).join('');
}

const isOfAll = ({ session }: BackupIncidentView) => session === null;

function backupNotes(incident: BackupIncidentView, now: number, style: Style): readonly string[] {
  const what = style.tone('bad', printable(backupIncidentWords(incident, now)));
  if (incident.remedy === null) return [what];
  return [what, `${style.bold('What to do:')} ${printable(incident.remedy)}`];
}

/** Milliseconds for which it is news that a profile came from a backup. */
const newsFor = 7 * 86_400_000;

/** So that a person who was not asked learns of it. */
function restoredNote({ restored }: SessionView, now: number): string | null {
  if (restored === null || now - Date.parse(restored.at) > newsFor) return null;
  return `Restored ${relativeTime(restored.at, now)} from backup ${printable(restored.id)}.`;
}

/** What a session went on after, which its status does not show. */
function botNote({ bot, botErrors, id }: SessionView): string | null {
  if (bot === null || botErrors === 0) return null;
  const times = botErrors === 1 ? 'once' : `${botErrors} times`;
  return `Its bot ${printable(bot)} has failed ${times} since the daemon was started: \`vigil logs ${id}\`.`;
}

function row(session: SessionView, now: number, style: Style): Row {
  const { tone, short } = statusWords[session.status];
  const restored = restoredNote(session, now);
  const bot = botNote(session);
  const notes = [
    ...(restored === null ? [] : [style.dim(restored)]),
    ...(bot === null ? [] : [style.dim(bot)]),
    ...session.backupIncidents
      .filter((incident) => !isOfAll(incident))
      .flatMap((incident) => backupNotes(incident, now, style)),
    ...(session.reason === null ? [] : [style.dim(reasonWords(session.reason))]),
    ...(session.nextTry === null ? [] : [style.dim(`Next try ${relativeTime(session.nextTry, now)}.`)]),
    ...(session.remedy === null ? [] : [`${style.bold('What to do:')} ${session.remedy}`]),
  ];
  return {
    cells: [
      session.id,
      style.tone(tone, short),
      session.phone === null ? '–' : `+${session.phone}`,
      session.name === null ? '–' : printable(session.name),
      relativeTime(session.lastSeen, now),
      relativeTime(session.lastBackup, now),
      String(session.restarts),
    ],
    notes,
  };
}
