// The browser is found or fetched by src/chromium, never by an install script.
module.exports = { skipDownload: true };
