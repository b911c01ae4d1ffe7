/** What stands in for a library's client beside a script, for the bots that are called with it. */
import { EventEmitter } from 'node:events';
import type { BotClient } from '../../bot/bots.ts';
import type { EngineEvent } from '../engine.ts';

export class ScriptedClient extends EventEmitter implements BotClient {
  /** Which of its own methods were called, in order, and not by a bot. */
  readonly calls: string[] = [];

  async initialize(): Promise<void> {
    this.calls.push('initialize');
  }

  async destroy(): Promise<void> {
    this.calls.push('destroy');
  }

  async logout(): Promise<void> {
    this.calls.push('logout');
  }

  /** Tells what a library would of the engine's events. */
  hear(event: EngineEvent): void {
    if (event.type === 'qr') this.emit('qr', event.qr);
    if (event.type === 'authenticated' || event.type === 'ready') this.emit(event.type);
  }
}
