import { tryToWrite } from '../volume/try-to-write.ts';
import { bad, type Finding, good, warning } from '../wording/finding.ts';
import type { Check } from './context.ts';
import { ground } from './scratch.ts';

/** Two clocks that differ by more than this are not the same clock read twice. */
const tolerated = 10_000;

/** Certificates are judged by the wall clock: a machine that woke up in 1970 reaches no WhatsApp. */
export const clockCheck: Check = {
  name: 'clock',
  async run({ clock, disk, layout, settings }) {
    const now = clock.now();
    const zone = settings.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
    const findings: Finding[] = [];
    const year = new Date(now).getUTCFullYear();
    const said = `${new Date(now).toISOString()}, time zone ${zone}`;
    if (year < 2026 || year > 2100)
      findings.push(
        bad(
          'clock',
          `the machine believes that it is ${said}`,
          'Set the clock (systemctl restart systemd-timesyncd, or chronyd).',
        ),
      );
    else findings.push(good('clock', said));
    const directory = await ground(layout);
    // What keeps this user from writing, the volume's own check says.
    const written = directory === null ? null : await tryToWrite(directory, disk).catch(() => null);
    if (written === null) return findings;
    const skew = written.mtimeMs - clock.now();
    if (Math.abs(skew) > tolerated) {
      const far = `${Math.round(Math.abs(skew) / 1_000)} s ${skew > 0 ? 'ahead of' : 'behind'}`;
      findings.push(
        warning(
          'volume clock',
          `the volume dates files ${far} this machine`,
          'Synchronise the clock of the file server.',
        ),
      );
    }
    return findings;
  },
};
