const steps = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** `3 min ago`, `in 20 s`, `just now`; `–` when there is no time. */
export function relativeTime(iso: string | null, now: number): string {
  const at = iso === null ? Number.NaN : Date.parse(iso);
  if (Number.isNaN(at)) return '–';
  const distance = Math.abs(now - at);
  const [unit, size] = steps.find(([, size]) => distance >= size) ?? steps[3];
  const count = Math.floor(distance / size);
  if (count === 0) return 'just now';
  return now >= at ? `${count} ${unit} ago` : `in ${count} ${unit}`;
}
