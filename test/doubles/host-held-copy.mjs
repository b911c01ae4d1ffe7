// Loaded into a host before its own code (`--import`): a snapshot's first copy waits for ever, and says `held`.
import { LinuxDisk } from '../../src/system/linux-disk.ts';

const copyFile = LinuxDisk.prototype.copyFile;
LinuxDisk.prototype.copyFile = async function held(from, to, label) {
  if (label === 'snapshot:copy') {
    process.stdout.write('held\n');
    await new Promise(() => {});
  }
  return copyFile.call(this, from, to, label);
};
