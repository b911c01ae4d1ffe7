/**
 * A rival for a volume's lock, as a process of its own: `node hold-volume-lock.ts <root> <wait ms>`. Says `held`
 * or the code of the refusal on a line, and holds on until its standard input ends or it is killed.
 */
import { toVigilError } from '../../src/errors.ts';
import { systemClock } from '../../src/system/clock.ts';
import { LinuxDisk } from '../../src/system/linux-disk.ts';
import { volumeLayout } from '../../src/volume/layout.ts';
import { acquireVolumeLock } from '../../src/volume/lock.ts';

const [root = '', waitMs = '0'] = process.argv.slice(2);
try {
  const lock = await acquireVolumeLock(volumeLayout(root), {
    waitMs: Number(waitMs),
    clock: systemClock,
    disk: new LinuxDisk(),
    signal: new AbortController().signal,
    describe: { pid: process.pid, hostname: 'rival-host', command: 'vigil serve', version: '9.9.9' },
  });
  process.stdout.write('held\n');
  process.stdin.resume();
  process.stdin.on('end', () => void lock.release());
} catch (error) {
  process.stdout.write(`${toVigilError(error).code}\n`);
}
