import type { ProfileLayout } from '../engine/profile-layout.ts';
import { VigilError } from '../errors.ts';
import type { SessionId } from '../session/id.ts';
import type { CopyReport, ExpectedProfile, Profiles } from '../session/ports.ts';
import type { Prepared } from '../session/state.ts';
import { copyClosedProfile } from '../snapshot/closed-profile.ts';
import { profilePath } from '../volume/layout.ts';
import { Devices } from './devices.ts';
import { endOurs, hasOurs, prepareProfile, requireNobody, survey } from './prepare-profile.ts';
import { type QuarantineOptions, quarantineProfile } from './quarantine.ts';
import { lastVersion, newerBrowser } from './verification/last-version.ts';
import { verifyProfile } from './verification/verify-profile.ts';

/** A browser whose host is gone notices by its pipe and closes cleanly; measured: within three seconds. */
const reapGrace = 4_000;

export interface VolumeProfilesOptions extends QuarantineOptions {
  readonly profileLayout: ProfileLayout;
  /** Of the browser that would be launched, as `156.0.8078.79`. */
  readonly browserVersion: (signal: AbortSignal) => Promise<string | null>;
  /** Ends a restore that a crash left half done; false where there was none. */
  readonly finishRestore: (id: SessionId) => Promise<boolean>;
}

/** The profiles on the volume, as sessions need them. */
export class VolumeProfiles implements Profiles {
  readonly #options: VolumeProfilesOptions;
  readonly #devices: Devices;

  constructor(options: VolumeProfilesOptions) {
    this.#options = options;
    this.#devices = new Devices(options);
  }

  async prepare(id: SessionId, expected: ExpectedProfile, signal: AbortSignal): Promise<Prepared> {
    let { exists } = await prepareProfile(id, this.#options, signal);
    if (await this.#options.finishRestore(id)) ({ exists } = await prepareProfile(id, this.#options, signal));
    if (exists && expected.forfeited) {
      await this.quarantine(id, 'forfeited');
      return { profile: 'fresh' };
    }
    if (expected.dueRestore) return { profile: 'fresh' };
    if (exists) await this.#requireBrowserFor(id, signal);
    const found = await this.#look(id, expected, signal);
    if (found.profile === 'sound') await this.#requireOwnDevice(id, signal);
    return found;
  }

  async #look(id: SessionId, { login, evidence }: ExpectedProfile, signal: AbortSignal): Promise<Prepared> {
    const { layout, profileLayout, disk } = this.#options;
    await disk.mkdir(layout.staging, 'verify:scratch');
    const verdict = await verifyProfile(profilePath(layout, id), {
      layout: profileLayout,
      depth: 'structural',
      expected: login === 'settled' ? evidence : null,
      scratch: layout.staging,
      signal,
    });
    if (verdict.soundness === 'sound') return { profile: 'sound', evidence: verdict.evidence };
    // What cannot be read may be as good as ever: a backup in its place would roll back a login that works.
    if (verdict.soundness === 'unverifiable')
      throw new VigilError('profile_unverifiable', verdict.problem, { subject: id });
    if (login === 'settled') return { profile: 'unsound', problem: verdict.problem };
    // A login that was scanned a moment ago shows what it is by working; what there is of it then is its evidence.
    if (login === 'unsettled' && verdict.soundness === 'no_login')
      return { profile: 'sound', evidence: verdict.evidence };
    if (verdict.soundness === 'damaged') await this.quarantine(id, 'damaged');
    return { profile: 'fresh' };
  }

  /** An older browser drops what it does not understand, the login with it. */
  async #requireBrowserFor(id: SessionId, signal: AbortSignal): Promise<void> {
    const browser = await this.#options.browserVersion(signal);
    if (browser === null) return;
    const newer = await newerBrowser(profilePath(this.#options.layout, id), browser, signal);
    if (newer === null) return;
    throw new VigilError(
      'chromium_too_old',
      `The profile of session "${id}" was written by Chromium ${newer}; this one is ${browser} and might destroy it.`,
      {
        subject: id,
        remedy: `Install Chromium ${Number.parseInt(newer, 10)} or newer; the session starts by itself then.`,
      },
    );
  }

  async #requireOwnDevice(id: SessionId, signal: AbortSignal): Promise<void> {
    const other = await this.#devices.take(id, signal);
    if (other === null) return;
    throw new VigilError(
      'profile_in_use',
      `The profile of session "${id}" holds the same device as that of session "${other}", which runs; two browsers must not run as one device.`,
      { subject: id, remedy: `Remove the one of the two that is the copy: \`vigil purge <session>\`.` },
    );
  }

  quarantine(id: SessionId, reason: string): Promise<string | null> {
    this.#devices.release(id);
    return quarantineProfile(id, reason, this.#options);
  }

  async copy(id: SessionId, target: string, signal: AbortSignal): Promise<CopyReport> {
    const { layout, profileLayout, disk } = this.#options;
    await requireNobody(id, this.#options);
    const profile = profilePath(layout, id);
    await copyClosedProfile({ profile, target, layout: profileLayout, disk, signal });
    const browser = await lastVersion(profile, signal);
    return { method: 'closed', pause: null, versions: { library: null, browser, web: null } };
  }

  async reap(id: SessionId): Promise<boolean> {
    const found = await survey(id, this.#options);
    // Bounded by its own deadlines; whoever gives up on it must not leave a browser half killed.
    const never = new AbortController().signal;
    const ended =
      !hasOurs(found) || (await endOurs(found, this.#options, { grace: reapGrace, signal: never }));
    if (ended) this.#devices.release(id);
    return ended;
  }
}
