/** @type {import('wa-vigil').Bot} */
export default (client) => {
  client.on('ready', () => console.log('Client is ready!'));

  client.on('message', async (message) => {
    if (message.body === '!ping') await message.reply('pong');
  });
};
