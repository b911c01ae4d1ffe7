/** Runs in a page that is looked at: what is too wide for the screen, or too small for a finger. */
globalThis.measurePage = (least) => {
  const faults = [];
  const { scrollWidth } = document.documentElement;
  if (scrollWidth > innerWidth) faults.push(`it is ${scrollWidth} wide on a screen of ${innerWidth}`);
  for (const touched of document.querySelectorAll('a, button, summary, input:not([type=hidden])')) {
    const { width, height } = touched.getBoundingClientRect();
    const shown = touched.checkVisibility() && !touched.closest('[aria-hidden]');
    if (shown && Math.round(height) < least)
      faults.push(`${touched.outerHTML.slice(0, 60)} is ${Math.round(width)} × ${Math.round(height)}`);
  }
  return faults;
};
