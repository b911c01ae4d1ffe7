/** How an import is said to people: what there is, what would be done, what was. */
import type { SessionView } from '../session/session-view.ts';
import type { ImportView } from '../supervisor/backup-operations.ts';
import type { ImportPlanView, ImportSourceView } from '../supervisor/import-operations.ts';
import { roundBytes } from '../wording/bytes.ts';
import { backupWords } from './backup-words.ts';
import type { Connection } from './context.ts';
import { printable } from './printable.ts';
import { table } from './table.ts';

type Mode = Connection['mode'];

const becomes: Readonly<Record<ImportSourceView['standing'], string>> = {
  nothing: 'a new session',
  remains: 'the session, whose place holds no login: what is there goes to quarantine',
  login: 'the session, whose login goes to quarantine',
};

export function planWords(path: string, { sources, passedOver }: ImportPlanView, dryRun: boolean): string {
  const rows = sources.map((one) => ({
    cells: [
      one.session ?? '–',
      printable(one.source),
      one.problem === null ? roundBytes(one.bytes) : '–',
      one.problem === null ? becomes[one.standing] : 'left out',
    ],
  }));
  const left = passedOver.map((one) => `${printable(one.path)} ${printable(one.why)}.\n`).join('');
  const count = sources.length === 1 ? '1 profile' : `${sources.length} profiles`;
  const verb = dryRun ? 'WOULD BECOME' : 'BECOMES';
  return `${printable(path)} holds ${count}.\n${table(['SESSION', 'FROM', 'SIZE', verb], rows)}${left}`;
}

/** What an import does, in order. `session` is the one whose place it takes; null where there is none yet. */
export function wouldWords(view: ImportView, session: SessionView | null, mode: Mode): string {
  const { session: id, source, files, bytes, standing, browser, warnings } = view;
  const wrote = browser === null ? '' : `, last written by Chromium ${browser},`;
  const steps = [
    'a backup of that copy is put into the vault',
    ...(mode === 'daemon' && session?.wanted === 'online' ? ['its browser is closed'] : []),
    ...(session === null ? [`a session "${id}" is made`] : []),
    ...(standing === 'nothing' ? [] : ['the profile that is there goes to quarantine']),
    'the backup takes its place',
    ...(session?.wanted === 'stopped' ? [] : [starter[mode]]),
  ];
  const tolerated = warnings.map((one) => `Tolerated: ${printable(one)}\n`).join('');
  return `${id} can be imported: ${files} files (${roundBytes(bytes)}) of ${printable(source)}${wrote} were copied aside and hold a login. Nothing was changed. An import would do this:\n${steps.map((step) => `  ${step}\n`).join('')}${tolerated}`;
}

const starter = { daemon: 'it is started', volume: 'the next daemon starts it' } as const;

/** `afterwards`: what became of the session since, a line. */
export function importedWords(view: ImportView, afterwards: string, now: number): string {
  const { session, source, backup, quarantined, warnings } = view;
  const there = quarantined === null ? '' : ` What was there is in quarantine: ${printable(quarantined)}`;
  const kept = backup === null ? '' : ` as ${backupWords(backup, now)}`;
  const tolerated = warnings.map((one) => `Tolerated: ${printable(one)}\n`).join('');
  return `${session} was imported from ${printable(source)}${kept}.${there}\n${tolerated}${afterwards}`;
}

export function leftWords(mode: Mode): string {
  return mode === 'daemon'
    ? 'Not waited for any longer. What was begun goes on in the daemon.\n'
    : 'Broken off. What was not imported is as it was.\n';
}
