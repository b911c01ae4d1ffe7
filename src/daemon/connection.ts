/** What a command brings to reach a volume's sessions, and what it then holds where a daemon answers. */
import type { Connection, Flags, Io } from '../cli/context.ts';
import type { ControlClient } from '../control/control-client.ts';
import type { Clock } from '../system/clock.ts';
import type { Self } from './enter-volume.ts';

export interface ConnectOptions {
  readonly flags: Flags;
  readonly self: Self;
  readonly pid: number;
  readonly io: Io;
  readonly clock: Clock;
  readonly version: string;
  readonly browserCaches: readonly string[];
}

export function overSocket(daemon: ControlClient): Connection {
  return {
    operations: daemon,
    backups: daemon.backups,
    mode: 'daemon',
    url: daemon.url,
    close: async () => {},
  };
}
