import { parseArgs } from 'node:util';
import { serveControl } from './control-server.ts';
import { startSimulator } from './simulator.ts';

/** `node main.ts --port 0 --control-port 0 --settings '{"autoScanMs":500}'` runs until SIGTERM or SIGINT. */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    'control-port': { type: 'string', default: '0' },
    settings: { type: 'string', default: '{}' },
  },
});

const simulator = await startSimulator({ ...JSON.parse(values.settings), port: Number(values.port) });
const control = await serveControl(simulator.control, Number(values['control-port']));
const { port, chromiumArgs } = simulator;
const controlUrl = `http://127.0.0.1:${control.port}`;
process.stdout.write(`${JSON.stringify({ port, controlPort: control.port, controlUrl, chromiumArgs })}\n`);

const stop = async () => {
  control.server.close();
  control.server.closeAllConnections();
  await simulator.close();
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
