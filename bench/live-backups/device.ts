/** The device of a session as the simulator sees it. */
import { systemClock } from '../../src/system/clock.ts';
import type { DeviceView, SimulatorControl } from '../../test/simulator/control.ts';

const patience = 180_000;

/** The only one whose page is live. */
export async function deviceOnline(control: SimulatorControl): Promise<string> {
  const [one, ...rest] = (await control.state()).devices.filter(({ page }) => page !== null);
  if (!one || rest.length > 0) throw new Error('it is not one device that is online');
  return one.id;
}

/** Messages that the page has confirmed: the transaction that keeps one is complete by then. */
export async function messagesIn(control: SimulatorControl, device: string): Promise<number> {
  return (await deviceOf(control, device)).counters.messagesIn;
}

/** Messages in the profile; every record of every store is read. */
export async function messagesHeld(control: SimulatorControl, device: string): Promise<number> {
  const held = await control.readAll({ target: { device } });
  if (typeof held['model-storage/message'] === 'number') return held['model-storage/message'];
  throw new Error(`IndexedDB cannot be read: ${JSON.stringify(held)}`);
}

/** Else a page that is put back is sent what the session had not taken, and holds more than its backup did. */
export async function drained(control: SimulatorControl, device: string): Promise<void> {
  const end = performance.now() + patience;
  while ((await deviceOf(control, device)).waiting > 0) {
    if (performance.now() > end) throw new Error('the page does not come to the end of its messages');
    await systemClock.sleep(250);
  }
}

async function deviceOf(control: SimulatorControl, device: string): Promise<DeviceView> {
  const found = (await control.state()).devices.find((one) => one.id === device);
  if (!found) throw new Error(`the simulator knows no device ${device}`);
  return found;
}
