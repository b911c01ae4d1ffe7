/** Several at a time, in the order of the list. The first failure is thrown once the others have ended what they had begun. */
export async function mapAtOnce<T, Result>(
  items: readonly T[],
  most: number,
  work: (item: T) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < items.length; index = next++)
      results[index] = await work(items[index] as T);
  };
  const workers = Array.from({ length: Math.min(most, items.length) }, () =>
    worker().catch((error: unknown) => {
      next = items.length;
      throw error;
    }),
  );
  for (const one of await Promise.allSettled(workers)) if (one.status === 'rejected') throw one.reason;
  return results;
}
