/** What a person types while the demo runs. */
import { type Session, sessions } from './cast.ts';
import type { FaultName } from './faults.ts';

export type Command =
  | { readonly is: 'fault'; readonly fault: FaultName }
  | { readonly is: 'choose'; readonly session: Session }
  | { readonly is: 'quit' };

const faults: Readonly<Record<string, FaultName>> = {
  k: 'kill',
  l: 'lock',
  d: 'damage',
  h: 'hang',
  f: 'finale',
};

/** Ctrl-C and Ctrl-D, which a terminal in raw mode hands on as they are. */
const quitting: ReadonlySet<string> = new Set(['q', '\u0003', '\u0004']);

/** Arrows, function keys and pasted text begin with an escape: their letters are no commands. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: keys are control characters
const sequences = /\u001b\[200~[\s\S]*?\u001b\[201~|\u001b(?:\[[0-9;?<]*[ -/]*[@-~]|O.|.)?/g;

/** All that one read from the terminal holds, in order; whatever means nothing is left out. */
export function commandsIn(typed: string): readonly Command[] {
  return [...typed.replaceAll(sequences, '')].flatMap((character): Command[] => {
    const key = character.toLowerCase();
    const fault = Object.hasOwn(faults, key) ? faults[key] : undefined;
    if (fault !== undefined) return [{ is: 'fault', fault }];
    if (quitting.has(key)) return [{ is: 'quit' }];
    const session = /^[1-9]$/.test(key) ? sessions[Number(key) - 1] : undefined;
    return session === undefined ? [] : [{ is: 'choose', session }];
  });
}
