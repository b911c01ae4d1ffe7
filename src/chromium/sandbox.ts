/**
 * Whether browsers run in Chromium's own sandbox. `auto` finds out by launching one; without a sandbox a page
 * that breaks out of its renderer has the rights of this user, so that is said loudly.
 */
import type { Settings } from '../config/settings.ts';
import type { LaunchVerdict } from './launch-probe.ts';

export interface SandboxChoice {
  readonly enabled: boolean;
  /** Why it is off; null when it is on. */
  readonly why: string | null;
  /** What to log once; null when there is nothing to warn of. */
  readonly warning: string | null;
}

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
  if (setting === 'on') return { enabled: true, why: null, warning: null };
  if (setting === 'off') return without('VIGIL_CHROMIUM_SANDBOX is off');
  // Chromium refuses this combination; there is nothing to try.
  if (uid === 0) return without('this runs as root, which Chromium does not sandbox');
  let verdict = probed.get(executable);
  if (!verdict) {
    verdict = question.probe();
    probed.set(executable, verdict);
  }
  const result = await verdict;
  return result.ok
    ? { enabled: true, why: null, warning: null }
    : without(`the browser does not start with it (${result.why})`);
}

function without(why: string): SandboxChoice {
  return {
    enabled: false,
    why,
    warning: `Chromium runs WITHOUT its sandbox: ${why}. A page that breaks out of its renderer has all rights of this user. Run as an ordinary user where the platform allows user namespaces, or set VIGIL_CHROMIUM_SANDBOX=off to accept it.`,
  };
}
