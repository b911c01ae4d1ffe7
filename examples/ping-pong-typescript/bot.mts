import type { Bot } from 'wa-vigil';
import type { Message } from 'whatsapp-web.js';

const answers: ReadonlyMap<string, string> = new Map([
  ['!ping', 'pong'],
  ['!help', 'Say !ping.'],
]);

async function answer(message: Message): Promise<boolean> {
  const text = answers.get(message.body);
  if (text === undefined) return false;
  await message.reply(text);
  return true;
}

export default ((client, { session, log, signal }) => {
  let answered = 0;
  client.on('message', async (message) => {
    if (await answer(message)) answered += 1;
  });
  signal.addEventListener('abort', () => log.info({ answered }, `The client of ${session} ends`));
}) satisfies Bot;
