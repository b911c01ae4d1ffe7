/** From settings and the browser at hand to what one host is told. */
import { basename } from 'node:path';
import type { Settings } from '../config/settings.ts';
import type { LaunchSpec } from '../engine/engine.ts';
import { volumeMarker } from '../profile/markers.ts';
import { botOf, type SessionRecord } from '../session/record.ts';
import { profilePath, type VolumeLayout } from '../volume/layout.ts';
import type { Browser } from './browser.ts';

const seconds = 1_000;

/**
 * Bounds of a launch's phases. Each is what a loaded small machine needs, with room: too short a bound turns
 * slowness into a restart storm, and the state machine bounds the whole (session/policy.ts).
 */
const deadlines: LaunchSpec['deadlines'] = {
  browser: 45 * seconds,
  navigation: 60 * seconds,
  boot: 60 * seconds,
  // It is called before anything else happens, and must not wait for the client: that starts only afterwards.
  bot: 30 * seconds,
  // A call into a page that crashed or hangs is answered never; Puppeteer's own bound is 180 s.
  protocol: 30 * seconds,
  // A clean close takes a fraction of a second; after this the browser is killed.
  close: 10 * seconds,
};

export function launchSpec(
  { id, settings: own }: Pick<SessionRecord, 'id' | 'settings'>,
  settings: Settings,
  layout: VolumeLayout,
  browser: Browser,
): LaunchSpec {
  return {
    session: id,
    sessionsRoot: layout.sessions,
    profile: basename(profilePath(layout, id)),
    executable: browser.executable,
    // The marker tells our browsers from strangers' (profile/); Chromium ignores switches that it does not know.
    args: [volumeMarker(layout.root), ...browser.args],
    library: settings.library,
    webVersion: settings.webVersion,
    webVersionsRoot: layout.webVersions,
    deviceName: settings.deviceName,
    bot: botOf(own, settings.bot),
    botVariables: settings.botEnvironment,
    deadlines,
  };
}
