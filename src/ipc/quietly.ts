/**
 * Marks a promise as handled. Whoever awaits it still sees the rejection; nobody awaiting it is no reason to
 * bring the process down.
 */
export function quietly<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => {});
  return promise;
}

/** Runs somebody else's listener; what it throws, at once or later, goes to `report` and nowhere else. */
export function contained(listener: () => unknown, report: (fault: unknown) => void): void {
  const safely = (fault: unknown) => {
    try {
      report(fault);
    } catch {
      // There is nowhere left to report it to.
    }
  };
  try {
    // A listener may be async though its type says void.
    Promise.resolve(listener()).catch(safely);
  } catch (fault) {
    safely(fault);
  }
}
