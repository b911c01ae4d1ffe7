/** What `--auto` comes to: its exit code, and why. */
import type { Board, Hit } from './scoreboard.ts';

export interface Verdict {
  readonly isFlawless: boolean;
  readonly words: string;
}

/**
 * @param scansNeeded QRs that were scanned or wait to be, on the daemon's side, after the first pairing
 * @param qrsShown those that were shown at all, as WhatsApp counted them: one that nobody saw is a failure as well
 */
export function verdictOf(board: Board, scansNeeded: number, qrsShown: number): Verdict {
  const recovered = board.filter(isRecovered).length;
  const problems = [
    ...(board.length === 0 ? ['nothing was tried'] : []),
    ...(recovered < board.length ? [`it came back from ${recovered} of ${board.length} faults`] : []),
    ...(scansNeeded > 0 ? [`${scansNeeded} QRs had to be scanned`] : []),
    ...(qrsShown > 0 ? [`${qrsShown} QRs were shown`] : []),
  ];
  return problems.length === 0
    ? { isFlawless: true, words: `wa-vigil came back from all ${board.length} faults, and nobody saw a QR.` }
    : { isFlawless: false, words: `wa-vigil failed: ${problems.join('; ')}.` };
}

/** By itself; after the loss of its volume with the one command that says whose the vault is. */
function isRecovered({ fault, outcomes: { vigil } }: Hit): boolean {
  return vigil.is === 'back' && (!vigil.helped || fault === 'finale');
}
