/** What it means that the right to a vault could not be renewed for so long. */
import { leftOf, type Silence } from '../installation/renewal.ts';
import { silentFor } from '../installation/rivals.ts';
import { roundDuration } from '../wording/duration.ts';

export function silenceWords(silence: Silence): { readonly problem: string; readonly remedy: string } {
  const { since, confirmed, lasted } = silence;
  const at = new Date(since).toISOString();
  const left = leftOf(silence);
  const until = new Date(since + silentFor).toISOString();
  const from = confirmed
    ? `It was last said to be ours at ${at}, ${roundDuration(lasted)} ago`
    : `It has not answered since the start at ${at}, so it may be another installation's already`;
  const edge =
    left > 0
      ? `another installation that asks for it has it from ${until} on, in ${roundDuration(left)}`
      : `since ${until} it is whoever's asks for it, and they may run the same sessions`;
  return {
    problem: `${from}; ${confirmed ? edge : 'sessions go on until it says so'}.`,
    remedy:
      'Mend the way to the vault (`vigil doctor` says what it answers). Until then start no other installation that uses it: nobody can tell it that this one runs. When it answers, whose it is is read before anything else, and what another has by then stops here.',
  };
}
