/**
 * Whether browsers run in Chromium's own sandbox. `auto` finds out by launching one; without a sandbox a page
 * that breaks out of its renderer has the rights of this user, so that is said loudly.
 */
import type { Settings } from '../config/settings.ts';
import type { LaunchVerdict } from './launch-probe.ts';

export type SandboxChoice =
  | { readonly enabled: true }
  | {
      readonly enabled: false;
      readonly why: string;
      readonly remedy: string;
      /** What to log once. */
      readonly warning: string;
    };

export interface SandboxQuestion {
  readonly setting: Settings['chromiumSandbox'];
  readonly executable: string;
  /** Effective user of this process. */
  readonly uid: number;
  /** Launches the browser with its sandbox on; asked at most once per executable. */
  readonly probe: () => Promise<LaunchVerdict>;
}

const probed = new Map<string, Promise<LaunchVerdict>>();

export async function resolveSandbox(question: SandboxQuestion): Promise<SandboxChoice> {
  const { setting, executable, uid } = question;
  if (setting === 'on') return { enabled: true };
  // It was accepted; that it could be is not said again.
  if (setting === 'off')
    return without('VIGIL_CHROMIUM_SANDBOX is off', 'Remove the setting where the browser starts with it.');
  const remedy =
    'Run as an ordinary user where the platform allows user namespaces, or set VIGIL_CHROMIUM_SANDBOX=off to accept it.';
  // Chromium refuses this combination; there is nothing to try.
  if (uid === 0) return without('this runs as root, which Chromium does not sandbox', remedy);
  let verdict = probed.get(executable);
  if (!verdict) {
    verdict = question.probe();
    probed.set(executable, verdict);
  }
  const result = await verdict;
  return result.ok
    ? { enabled: true }
    : without(`the browser does not start with it (${result.why})`, remedy);
}

function without(why: string, remedy: string): SandboxChoice {
  const warning = `Chromium runs WITHOUT its sandbox: ${why}. A page that breaks out of its renderer has all rights of this user. ${remedy}`;
  return { enabled: false, why, remedy, warning };
}
