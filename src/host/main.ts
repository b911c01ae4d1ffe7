/**
 * A host: the process that runs one session's engine. Started by the daemon (child-hosts.ts) with the channel
 * at descriptor 3; it ends when its engine has ended, when the daemon asks, or when the daemon is gone.
 */
import { Socket } from 'node:net';
import { BotRunner } from '../bot/bot-runner.ts';
import { loadEngine } from '../engine/load-engine.ts';
import { Channel } from '../ipc/channel.ts';
import { systemClock } from '../system/clock.ts';
import { starved } from '../system/own-time.ts';
import { botLinkOver } from './bot-link.ts';
import { serveEngine } from './serve-engine.ts';

const channelDescriptor = 3;
/** Milliseconds for the last answer to reach the daemon. */
const farewell = 1_000;

function argument(name: string): string | null {
  const prefix = `--${name}=`;
  return process.argv.find((word) => word.startsWith(prefix))?.slice(prefix.length) ?? null;
}

const bots = new BotRunner({
  clock: systemClock,
  starved,
  link: botLinkOver(
    () => channel,
    (detail) => void served.fail(detail, 'bot_error'),
  ),
  process,
});
const engine = await loadEngine(argument('engine') ?? 'whatsapp-web', bots);
const channel = new Channel(new Socket({ fd: channelDescriptor, readable: true, writable: true }), {
  clock: systemClock,
  peer: 'daemon',
  reportFault: (fault) => console.error('channel:', fault),
});
const served = serveEngine(engine, channel, systemClock);

// The library throws from handlers that nobody awaits. What does not belong to a page that is loading anew
// ends this process and no other, with its reason.
const failed = (reason: unknown) => {
  // Nor does what a person's own code throws: its session goes on without it.
  if (bots.takes(reason)) return;
  if (engine.isHarmless(reason)) return;
  process.exitCode = 1;
  void served.fail(reason instanceof Error ? (reason.stack ?? reason.message) : String(reason));
};
process.on('unhandledRejection', failed);
process.on('uncaughtException', failed);
process.on('SIGTERM', () => void served.close());

channel.start();
await served.ended;
await Promise.race([bots.farewell(), channel.closed]);
await channel.end({ timeoutMs: farewell });
process.exit();
