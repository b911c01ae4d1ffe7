/**
 * The image's health check: whether the API answers, not whether every phone is linked. It asks with the container's
 * own settings and says why not; what it says is kept (`docker inspect`).
 */
import { get } from 'node:http';

const { PORT = '2790', VIGIL_HOST = '127.0.0.1' } = process.env;
// An address that means "all of them" is no place to go to.
const host = ['::', '0.0.0.0'].includes(VIGIL_HOST) ? 'localhost' : VIGIL_HOST;

// An agent of its own: the common one would go through a proxy that was set for the sessions.
const request = get({ host, port: PORT, path: '/health', agent: false, timeout: 5_000 }, (answer) => {
  end(answer.statusCode === 200 ? 0 : 1, `/health answered ${answer.statusCode}`);
});
request.on('timeout', () => end(1, 'no answer within 5 s'));
request.on('error', (error) => end(1, error.message || error.code));

function end(code, said) {
  process.stdout.write(`${said}\n`, () => process.exit(code));
}
