// Loaded into a host before its own code (`--import`): a signal makes it misbehave as a foreign library can.
process.on('SIGUSR2', () => void Promise.reject(new Error('nobody handled this')));
process.on('SIGHUP', () => {
  for (let piece = 0; piece < 20; piece++) process.stdout.write('noise '.repeat(100_000));
  process.stdout.write('\n');
  process.stderr.write(`${'x'.repeat(5_000)}\nthe last word\n`);
});
process.on('SIGWINCH', () => {
  const held = [];
  for (;;) held.push({ text: `${held.length}`.repeat(50) });
});
