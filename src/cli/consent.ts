/** Whether a person means it: by `--yes`, or by what they type when they are asked. */
import { VigilError } from '../errors.ts';
import type { Ask } from './ask-person.ts';
import type { Call } from './verb.ts';

/**
 * How to ask; null where `--yes` has said it. Throws `usage` where nobody can be asked: a script that waited for an
 * answer would hang, and one that went on without would do what nobody meant.
 */
export function consent({ context, output }: Call, yes: boolean, verb: string): Ask | null {
  if (yes) return null;
  if (!output.json && context.ask !== null) return context.ask;
  throw new VigilError(
    'usage',
    `\`vigil ${verb}\` asks before it changes anything, and nobody can be asked.`,
    {
      remedy: 'Add --yes to do it without being asked.',
    },
  );
}

export function notConfirmed(subject: string): VigilError {
  return new VigilError('usage', 'It was not confirmed; nothing was changed.', {
    subject,
    remedy: 'Type the command again, or add --yes.',
  });
}
