/** The daemon on a volume, seen from its log alone. */
import type { SessionId } from '../src/session/id.ts';
import type { VolumeLayout } from '../src/volume/layout.ts';
import { Program, type Said } from './program.ts';
import type { Workshop } from './workshop.ts';

export interface Looking {
  /** Lines that arrived earlier do not count. */
  readonly since?: number;
  readonly deadline?: number;
}

export class Daemon implements AsyncDisposable {
  readonly program: Program;

  private constructor(program: Program) {
    this.program = program;
  }

  static start(
    { program, environment }: Pick<Workshop, 'program' | 'environment'>,
    layout: VolumeLayout,
    settings: Readonly<Record<string, string>> = {},
  ): Daemon {
    const env = { ...environment, VIGIL_VOLUME: layout.root, ...settings };
    return new Daemon(new Program('the daemon', [program.main, 'serve'], env));
  }

  /** When the log said that the session is online. */
  online(id: SessionId, looking: Looking = {}): Promise<Said> {
    return this.program.line(
      (line) => line['session'] === id && line['to'] === 'online',
      `that ${id} is online`,
      looking,
    );
  }

  /** When the log said that the session left `online` because of a fault. */
  fault(id: SessionId, looking: Looking = {}): Promise<Said> {
    return this.program.line(
      (line) => line['session'] === id && line['from'] === 'online' && line['to'] !== 'online',
      `that ${id} has a fault`,
      looking,
    );
  }

  stop(): Promise<void> {
    return this.program.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
