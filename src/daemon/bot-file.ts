/**
 * Whether a path can be that of a bot, found out before a host tries: a name that is mistyped is told at once, to the
 * person who typed it. What the module holds is its host's to find out; the daemon runs none of it.
 */
import { access, constants, stat } from 'node:fs/promises';
import { VigilError } from '../errors.ts';
import { errnoOf } from '../system/errno.ts';

/** Throws `invalid_config` for VIGIL_BOT; the file must be there for whoever runs the daemon. */
export async function requireBotSetting(path: string | null): Promise<void> {
  const found = path === null ? null : await whyNoBot(path);
  if (found === null) return;
  throw new VigilError('invalid_config', `VIGIL_BOT: expected a module that can be read; found ${found}.`, {
    subject: 'VIGIL_BOT',
    remedy: 'Correct VIGIL_BOT; a relative path is taken from the directory that the daemon runs in.',
  });
}

/** Throws `usage`; the same for the bot of one session. */
export async function requireBotFile(path: string): Promise<void> {
  const found = await whyNoBot(path);
  if (found === null) return;
  throw new VigilError('usage', `A bot is a module that can be read; this is ${found}.`, {
    subject: path,
    remedy: 'Name the file, such as `--set bot=./bot.mjs`, where the daemon can read it.',
  });
}

async function whyNoBot(path: string): Promise<string | null> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) return `a directory at ${path}`;
    if (!found.isFile()) return `something that is no file at ${path}`;
    await access(path, constants.R_OK);
    return null;
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return `nothing at ${path}`;
    if (code === 'EACCES' || code === 'EPERM') return `a file that the daemon's user may not read at ${path}`;
    return `a file that cannot be read at ${path} (${code ?? 'unknown'})`;
  }
}
