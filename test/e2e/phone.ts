/** A browser as a person has it: on a phone, in a hurry, looked at from outside only. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { default as jsqr } from 'jsqr';
import { PNG } from 'pngjs';
import puppeteer, { type Browser, type Cookie, type Page } from 'puppeteer';
import { browserOptions } from '../simulator/test-browser.ts';
import { until } from '../support/until.ts';

/** What a phone of today shows; a touch is a touch, and there is no mouse. */
const handheld = { width: 390, height: 844, deviceScaleFactor: 2, isMobile: true, hasTouch: true } as const;

export class Phone implements AsyncDisposable {
  readonly page: Page;
  /** What the page's script complained of. */
  readonly complaints: string[] = [];
  readonly #browser: Browser;

  private constructor(browser: Browser, page: Page) {
    this.#browser = browser;
    this.page = page;
    page.on('pageerror', (error) => void this.complaints.push(String(error)));
    page.on('console', (message) => {
      // The browser's own words for an answer that is an error; a page has no part in it.
      if (!message.text().startsWith('Failed to load resource')) this.complaints.push(message.text());
    });
  }

  /** Keeps everything that it stores below `directory`. */
  static async inHand(directory: string, args: readonly string[] = []): Promise<Phone> {
    const browser = await puppeteer.launch({
      ...(await browserOptions([...args])),
      userDataDir: directory,
      defaultViewport: handheld,
    });
    const [page = await browser.newPage()] = await browser.pages();
    return new Phone(browser, page);
  }

  /** Another page of the same browser, in front of the first; it is closed with it. */
  async another(): Promise<Phone> {
    const page = await this.#browser.newPage();
    await page.setViewport(handheld);
    return new Phone(this.#browser, page);
  }

  async text(): Promise<string> {
    return this.page.$eval('body', (body) => body.innerText);
  }

  /** Waits until the page says so; the words are those that a person reads. */
  async sees(words: string, deadline = 30_000): Promise<void> {
    let last = '';
    // A page that nobody looks at asks for nothing.
    await this.page.bringToFront();
    await until(
      async () => {
        // While it goes from one page to the next there is nothing to read.
        last = await this.text().catch(() => '');
        return last.includes(words);
      },
      () => `"${words}" on the page; it says: ${last}`,
      deadline,
    );
  }

  /** By its accessible name, as whoever cannot see it finds it. */
  async tap(name: string, role = 'button'): Promise<void> {
    await this.touch(`::-p-aria(${name}[role="${role}"])`);
  }

  async touch(selector: string): Promise<void> {
    await this.page.bringToFront();
    const found = await this.page.waitForSelector(selector, { timeout: 10_000 });
    await found?.tap();
  }

  async clear(selector: string): Promise<void> {
    await this.page.evaluate(`document.querySelector(${JSON.stringify(selector)}).value = ''`);
  }

  /** In CSS pixels. */
  async width(selector: string): Promise<number> {
    return this.page.$eval(selector, (shown) => shown.getBoundingClientRect().width);
  }

  cookies(): Promise<readonly Cookie[]> {
    return this.#browser.cookies();
  }

  async type(label: string, text: string): Promise<void> {
    const found = await this.page.waitForSelector(`::-p-aria(${label})`, { timeout: 10_000 });
    await found?.type(text);
  }

  async screenshot(): Promise<Buffer> {
    await this.page.bringToFront();
    return Buffer.from(await this.page.screenshot());
  }

  /** As a second phone's camera does it, which knows nothing but the picture; null when it finds no QR. */
  async readsQr(): Promise<string | null> {
    const { data, width, height } = PNG.sync.read(await this.screenshot());
    return jsqr.default(new Uint8ClampedArray(data), width, height)?.data ?? null;
  }

  /** For people to look at, where `TEST_PICTURES` names a directory. */
  async picture(name: string): Promise<void> {
    const directory = process.env['TEST_PICTURES'];
    if (directory === undefined) return;
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, `${name}.png`), await this.screenshot());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}
