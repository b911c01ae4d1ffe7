import { isOnRailway } from '../volume/expected-mount.ts';
import { formatDuration } from '../wording/duration.ts';
import { good, warning } from '../wording/finding.ts';
import type { Check } from './context.ts';

const name = 'RAILWAY_DEPLOYMENT_DRAINING_SECONDS';

/** A platform that kills before the browsers are closed throws their last minute of logins away. */
export const drainCheck: Check = {
  name: 'drain',
  run({ env, settings }) {
    const own = formatDuration(settings.drain);
    if (!isOnRailway(env))
      return [
        good(
          'drain',
          `${own}; whatever stops the daemon must wait longer than that (docker stop --timeout, TimeoutStopSec)`,
        ),
      ];
    const seconds = Number(env[name] ?? 0);
    const needed = Math.ceil(settings.drain / 1_000) + 15;
    const remedy = `Set the service variable ${name}=${needed}.`;
    if (!(seconds > 0))
      return [warning('drain', `${name} is ${env[name] ?? 'not set'}: Railway kills at once`, remedy)];
    if (seconds * 1_000 <= settings.drain)
      return [
        warning('drain', `Railway waits ${seconds} s, and closing the browsers may take ${own}`, remedy),
      ];
    return [good('drain', `${own}; Railway waits ${seconds} s`)];
  },
};
