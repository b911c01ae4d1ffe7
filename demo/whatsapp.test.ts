import { expect, it } from 'vitest';
import type { DeviceView, PageView } from '../test/simulator/control.ts';
import { zeroCounters } from '../test/simulator/counters.ts';
import { sightOf } from './whatsapp.ts';

const page = (id: string, changes: Partial<PageView> = {}): PageView => ({
  id,
  door: 'vigil',
  device: null,
  open: true,
  live: true,
  synced: true,
  state: 'CONNECTED',
  hasSynced: true,
  ref: null,
  code: null,
  damage: null,
  counters: zeroCounters(),
  ...changes,
});
const device = (phone: string, on: string | null): DeviceView => ({
  id: `${phone}:1`,
  wid: '',
  phone,
  pushname: '',
  linked: true,
  counter: 0,
  page: on,
  waiting: 0,
  dialog: false,
  sent: [],
  counters: zeroCounters(),
});
const [vigilOne, bareOne] = ['15555550101', '15555550105'];

it('sees the page of a session once it is logged in and synchronised, of the newest pairing too', () => {
  const pages = [
    page('page-1'),
    page('page-2', { door: 'bare', synced: false }),
    page('page-3', { live: false }),
  ];
  const sight = sightOf({
    devices: [device(vigilOne, null), device(vigilOne, 'page-1'), device(bareOne, 'page-2')],
    pages,
  });
  expect(sight.page('vigil', 'one')).toBe('page-1');
  expect(sight.page('bare', 'one')).toBeNull();
  expect(sight.page('vigil', 'two')).toBeNull();
});

it('counts each side by its door, pages included that never logged in', () => {
  const counters = { ...zeroCounters(), qrPages: 1, pairings: 1 };
  const pages = [
    page('page-1', { counters }),
    page('page-2', { door: 'bare', counters, ref: '2@abc' }),
    page('page-3', { door: 'bare', counters: { ...counters, pairings: 0 }, ref: '2@gone', open: false }),
  ];
  const sight = sightOf({ devices: [], pages });
  expect(sight.counted).toMatchObject({
    vigil: { counters: { pairings: 1, qrPages: 1 }, waiting: 0 },
    bare: { counters: { pairings: 1, qrPages: 2, connects: 0 }, waiting: 1 },
  });
  expect([sight.isShown('2@abc,key,key'), sight.isShown('2@gone,key'), sight.isShown('')]).toEqual([
    true,
    false,
    false,
  ]);
});
