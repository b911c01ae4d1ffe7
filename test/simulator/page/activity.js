const KINDS = {
  mousemove: 'mouse',
  mousedown: 'mouse',
  wheel: 'mouse',
  keydown: 'keyboard',
  touchstart: 'touch',
};
const REPORT_EVERY_MS = 100;

/** Tells the server what a person, or somebody pretending to be one, does to the page. */
export function watchActivity(wire) {
  let seen = {};
  let timer;
  const report = () => {
    timer = undefined;
    wire.tell('activity', { seen });
    seen = {};
  };
  const note = (kind) => {
    seen[kind] = (seen[kind] ?? 0) + 1;
    if (timer === undefined) timer = setTimeout(report, REPORT_EVERY_MS);
  };
  for (const [event, kind] of Object.entries(KINDS)) {
    addEventListener(event, ({ isTrusted }) => note(isTrusted ? kind : 'untrusted'), {
      capture: true,
      passive: true,
    });
  }
  const request = globalThis.WakeLock?.prototype.request;
  if (!request) return;
  globalThis.WakeLock.prototype.request = function (...args) {
    note('wakeLocks');
    return request.apply(this, args);
  };
}
