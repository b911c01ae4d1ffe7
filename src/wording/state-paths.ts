/** What leads from one state to another: the machine itself is asked, with an example of everything. */
import type { Context } from '../session/moves.ts';
import { defaultPolicy } from '../session/policy.ts';
import { newRecord, type SessionRecord, type StartEntry } from '../session/record.ts';
import type { SessionEvent, State, StateName } from '../session/state.ts';
import { transition } from '../session/transition.ts';
import { happenings, stateExamples } from './state-words.ts';

/** Something that happens, the states in which it leads away, and where to. */
export interface Path {
  readonly words: string;
  readonly from: readonly StateName[];
  /** In the order in which they were found; several where it depends on what is recorded of the session. */
  readonly to: readonly string[];
}

const now = Date.UTC(2026, 0, 1);
const start = (minutesAgo: number): StartEntry => {
  const at = now - minutesAgo * 60_000;
  return { at, onlineAt: null, faultAt: at };
};

/** What the machine looks at in a record, in every combination that leads elsewhere. */
const records: readonly SessionRecord[] = (() => {
  const fresh = newRecord('main' as SessionRecord['id'], now);
  const logins = ['none', 'unsettled', 'unknown', 'settled'] as const;
  const changes: readonly Partial<SessionRecord>[] = [
    {},
    { starts: [1, 2, 3].map(start) },
    { wanted: 'stopped' },
    { rolledBack: true },
    { conflictAt: now - 60_000 },
    { dueRestore: { why: 'refused' } },
    { dueRestore: { why: 'person', backup: 'x', failure: null } },
  ];
  return logins.flatMap((login) => changes.map((change) => ({ ...fresh, login, ...change })));
})();

/** All of them, in the order of the events. */
export function statePaths(): readonly Path[] {
  return Object.values(happenings).flatMap((kinds) =>
    kinds.flatMap(({ words, event }) => pathsOf(words, event)),
  );
}

function pathsOf(words: string, event: SessionEvent): readonly Path[] {
  const found = new Map<string, { from: StateName[]; to: readonly string[] }>();
  for (const examples of Object.values<readonly State[]>(stateExamples)) {
    const to = new Set<string>();
    for (const state of examples) {
      for (const record of records.filter(({ login }) => goTogether(state, login))) {
        const context: Context = { record, policy: defaultPolicy, now, random: 0.5 };
        const next = transition(state, event, context).state;
        if (next.name !== state.name || nameOf(next) !== nameOf(state)) to.add(nameOf(next));
      }
    }
    const [first] = examples;
    if (first === undefined || to.size === 0) continue;
    const key = [...to].join();
    const path = found.get(key) ?? { from: [], to: [...to] };
    path.from.push(first.name);
    found.set(key, path);
  }
  return [...found.values()].map((path) => ({ words, ...path }));
}

/** What cannot be would show ways that there are not: nobody is online without a login. */
function goTogether(state: State, login: SessionRecord['login']): boolean {
  switch (state.name) {
    case 'pairing':
      return login === 'none';
    case 'sealing':
      return login === 'unsettled';
    case 'syncing':
      return state.scanned ? login === 'unsettled' : login === 'settled' || login === 'unsettled';
    case 'online':
    case 'suspect':
      return login === 'settled';
    default:
      return true;
  }
}

/** What of a state decides how it goes on. */
function nameOf(state: State): string {
  if (state.name === 'preparing' && state.restoring) return '`preparing`, with a backup';
  if (state.name !== 'stopping') return `\`${state.name}\``;
  const { next } = state;
  return next.to === 'failed' ? `\`failed\` (\`${next.reason}\`)` : `\`${next.to}\``;
}
