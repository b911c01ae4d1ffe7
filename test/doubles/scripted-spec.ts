import type { LaunchSpec } from '../../src/engine/engine.ts';
import { sessionId } from '../../src/session/id.ts';

/** A launch of the scripted engine, whose script lies below `root`. Deadlines that a loaded machine keeps. */
export function scriptedSpec(root: string, session = 'main'): LaunchSpec {
  return {
    session: sessionId(session),
    sessionsRoot: root,
    profile: `session-${session}`,
    executable: '/nonexistent/chromium',
    args: [`--vigil-volume=${root}`],
    library: null,
    webVersion: null,
    webVersionsRoot: root,
    deviceName: null,
    bot: null,
    botVariables: [],
    deadlines: {
      browser: 10_000,
      navigation: 10_000,
      boot: 10_000,
      bot: 5_000,
      protocol: 10_000,
      close: 2_000,
    },
  };
}
