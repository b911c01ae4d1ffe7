/** What each reason means to a person, and what they do about it. */
import type { FailureReason, FaultCause } from './state.ts';

export interface Reason {
  readonly meaning: string;
  /** Null where the daemon goes on by itself and nothing is to be done. */
  readonly remedy: string | null;
}

export const reasons: Readonly<Record<FailureReason | FaultCause, Reason>> = {
  logged_out: {
    meaning: 'WhatsApp no longer accepts this device: it was unlinked on the phone, or by WhatsApp.',
    remedy: 'Link it again: `vigil pair <session>`. The old profile is kept.',
  },
  banned: {
    meaning: 'WhatsApp has blocked the account.',
    remedy: 'Appeal in the WhatsApp app on the phone; then `vigil start <session>`.',
  },
  conflict: {
    meaning: 'Another browser uses the same device and has taken it over twice within an hour.',
    remedy: 'Stop the other program that runs on a copy of this profile; then `vigil start <session>`.',
  },
  pairing_expired: {
    meaning: 'Nobody scanned the QR in time, and the browser was closed.',
    remedy: 'Show a new one: `vigil pair <session>`.',
  },
  no_sound_profile: {
    meaning:
      'The session was linked, but its profile is damaged or gone, and no backup could take its place.',
    remedy:
      'Bring the volume back if it is the wrong one, or a backup: `vigil backups <session>`. Else link again: `vigil pair <session>`.',
  },
  bot_error: {
    meaning:
      'The bot of this session failed: it did not load, threw, did not return, or ended or blocked its process.',
    remedy:
      'Mend the bot (see `vigil logs <session>`). It is tried again a few times by itself; after that `vigil start <session>`.',
  },
  bot_restart: {
    meaning: 'The bot of this session asks for one restart after the other.',
    remedy: 'See why the bot calls `destroy()` and `initialize()`; lost connections come back without it.',
  },
  browser_crash: { meaning: 'The browser ended by itself or was killed.', remedy: null },
  renderer_crash: { meaning: "The page's process died: a crash, or too little memory.", remedy: null },
  launch_failed: {
    meaning: 'The browser could not be started.',
    remedy: 'See `vigil doctor` and `vigil logs <session>`; it is tried again by itself.',
  },
  profile_in_use: {
    meaning:
      'A browser that is not ours runs on the profile, or another session runs on a copy of it, as the same device.',
    remedy:
      'Stop the other program, or the other session and remove its copy (`vigil logs <session>` names it); the session starts by itself then.',
  },
  unreachable: {
    meaning: 'WhatsApp cannot be reached from this machine.',
    remedy: 'Check the network if it lasts; it is tried again by itself.',
  },
  boot_failed: {
    meaning: 'The page loaded, but WhatsApp Web did not come up in it.',
    remedy: 'If it lasts, WhatsApp may have changed: pin VIGIL_WEB_VERSION or name a newer VIGIL_WWEBJS.',
  },
  version_too_old: {
    meaning: 'WhatsApp no longer accepts this version of WhatsApp Web.',
    remedy: 'Remove or raise VIGIL_WEB_VERSION, or name a newer VIGIL_WWEBJS.',
  },
  proxy_blocked: {
    meaning: 'WhatsApp refuses the address that this machine connects from.',
    remedy: 'Connect from another address; it is tried again by itself.',
  },
  refused: {
    meaning: 'WhatsApp Web ended the session without saying that the device was unlinked.',
    remedy: null,
  },
  engine_error: {
    meaning: 'The code that runs the session failed.',
    remedy: 'See `vigil logs <session>`; it is tried again by itself.',
  },
  host_exit: { meaning: 'The process that runs the session ended or was killed.', remedy: null },
  hang: { meaning: 'The page did not answer in time.', remedy: null },
  offline: { meaning: 'WhatsApp Web has lost its connection.', remedy: null },
  bridge_lost: { meaning: "The library's functions are gone from the page.", remedy: null },
  navigation: { meaning: 'The page loads anew.', remedy: null },
  never_ready: { meaning: 'Neither a QR nor a working login appeared in time.', remedy: null },
  profile_unready: {
    meaning: 'The profile could not be prepared for a browser.',
    remedy: 'See `vigil logs <session>` and `vigil doctor`; it is tried again by itself.',
  },
  profile_damaged: {
    meaning: 'The profile was damaged or without its login; the newest good backup takes its place.',
    remedy: null,
  },
  profile_unverifiable: {
    meaning: 'Nobody can say whether the profile is sound: it cannot be read, or its layout is not known.',
    remedy:
      'See `vigil logs <session>` for the file: its owner, the disk. It is tried again by itself; `vigil restore <session>` puts a backup in its place.',
  },
  profile_too_new: {
    meaning: 'The profile was written by a newer Chromium, and an older one might destroy it.',
    remedy:
      'Install a Chromium at least as new (`vigil logs <session>` names it); the session starts by itself then.',
  },
  login_refused: {
    meaning:
      'WhatsApp showed a QR where a login was expected; one backup is tried before that counts as a logout.',
    remedy: null,
  },
  vault_unreachable: {
    meaning: 'A backup is needed, and the vault does not answer.',
    remedy: 'Look at the vault (`vigil doctor`); it is tried again by itself.',
  },
  key_missing: {
    meaning: 'A backup is needed. There is one, and it is encrypted for a key that is not configured here.',
    remedy:
      'Set the key that it was made with (VIGIL_BACKUP_IDENTITY, VIGIL_BACKUP_PASSPHRASE or VIGIL_BACKUP_OLD_PASSPHRASE; `vigil backups <session>` names it) and start the daemon again.',
  },
  backups_missing: {
    meaning: 'A backup is needed. One was taken, but the vault does not hold it.',
    remedy:
      'Mount or name the vault that holds it (VIGIL_VAULT, `vigil doctor`); it is tried again by itself. If its backups were removed on purpose, link the phone again: `vigil pair <session>`.',
  },
  ownership: { meaning: 'The right to run the session was not to be had.', remedy: null },
  vault_owned: {
    meaning:
      'Another installation owns the vault that holds backups of this session, and may run it as the same device.',
    remedy:
      'The list and `vigil doctor` name it. If it is gone for good, take the vault over: `vigil recover --take-over`. If it is another service, give this one a vault of its own (VIGIL_VAULT) and start the daemon again. It starts by itself when the vault is ours.',
  },
};

/** The remedy with the session's own name in its commands. */
export function remedyFor(reason: string | null, id: string): string | null {
  if (reason === null || !(reason in reasons)) return null;
  return reasons[reason as keyof typeof reasons].remedy?.replaceAll('<session>', id) ?? null;
}
