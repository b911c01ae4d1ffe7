import type { SimulatorSettings } from './settings.ts';

export function pageDocument(id: string, settings: SimulatorSettings, boots: boolean): string {
  const boot = JSON.stringify({ id, settings }).replaceAll('<', '\\u003c');
  const scripts = `<script id="boot" type="application/json">${boot}</script>
<script type="module" src="/page/boot.js"></script>`;
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>WhatsApp Web</title><link rel="icon" href="data:,"></head>
<body>
<div id="app"></div>
${boots ? scripts : ''}
</body>
</html>
`;
}
