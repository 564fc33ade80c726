// What the browser's tests share: a real Chromium, screenshots, checks of access and of width.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';

const require = createRequire(`${process.env.THIDUA_NODE_MODULES}/`);
const { AxeBuilder } = require('@axe-core/playwright');
export const { chromium } = require('playwright-core');
const { THIDUA_SHOTS: shots, THIDUA_BIN: binary, THIDUA_TOWN: town } = process.env;

export const PHONE = { width: 390, height: 844 };
/** The week whose report the silent communes of the demo owe. */
export const WEEK = 'tuần 34/2024';
export const DESK = { width: 1280, height: 800 };
/** How a real Chromium is started, that calls nobody by itself. */
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export const LAUNCH = {
  executablePath: process.env.THIDUA_CHROMIUM ?? '/usr/bin/chromium', args: FLAGS, headless: true,
};

/**
 * Opens a Chromium of a phone's size on a profile of its own. `asked` has the origins that were
 * asked, `faults` what went wrong in the page; both are checked by `checkClean`.
 */
export async function openBrowser(profile, flags = [], settings = {}) {
  const context = await chromium.launchPersistentContext(profile, {
    ...LAUNCH, args: [...FLAGS, ...flags], viewport: PHONE, locale: 'vi-VN',
    serviceWorkers: 'allow', ...settings,
  });
  const page = context.pages()[0] ?? await context.newPage();
  const faults = [];
  const asked = new Set();
  page.on('pageerror', (error) => faults.push(error.stack || String(error)));
  page.on('console', (message) => {
    // A browser reports every call that it could not make; the app says so itself.
    const text = message.text();
    if (message.type() === 'error' && !text.includes('net::ERR_')) faults.push(text);
  });
  context.on('request', (request) => asked.add(new URL(request.url()).origin));
  return { context, page, faults, asked };
}

/** Keeps numbered screenshots in $THIDUA_SHOTS, if that is set; `prefix` tells tests apart. */
export function shooter(page, prefix = '') {
  let step = 0;
  return async (name, at = page) => {
    step += 1;
    const path = `${shots}/${prefix}${String(step).padStart(2, '0')}-${name}.png`;
    if (shots) await at.screenshot({ path, fullPage: true });
  };
}

/** Fails on what a screen reader or a person with poor sight would stumble over. */
export async function checkAccess(page, what) {
  const axe = new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']);
  const { violations } = await axe.analyze();
  assert.deepEqual(violations.map((one) => `${one.id}: ${one.nodes[0].html}`), [], what);
}

/** Fails if the page is wider than a screen of this width, and leaves that width. */
export async function checkWidth(page, width) {
  await page.setViewportSize({ ...PHONE, width });
  const measure = () => document.documentElement.scrollWidth - window.innerWidth;
  const overflow = await page.evaluate(measure);
  assert.ok(overflow <= 0, `${width} pixels are ${overflow} too few`);
}

/** Fails if another server than this one was asked, or something went wrong in the page. */
export function checkClean({ asked, faults }, server) {
  const others = [...asked].filter((origin) => origin !== server);
  assert.deepEqual(others, [], 'no other server is asked');
  assert.deepEqual(faults, [], 'nothing went wrong in the page');
}

export function ok(text) {
  console.log(`ok   ${text}`);
}

/** A command of the operator on the machine of the server; gives what it prints. */
export function operate(...args) {
  return execFileSync(binary, ['-d', town, '--json', ...args], { encoding: 'utf8' });
}

/**
 * Grants a role and gives the code with which a device enrols for it. The demo has dates of its
 * own.
 */
export function grant(account, role, unit) {
  const since = ['--from', process.env.THIDUA_SINCE ?? '2024-08-01'];
  const granted = operate('access', 'grant', '--account', account, '--role', role, '--unit', unit,
    ...since, '--enrol');
  return /thidua:1\?[^"\s]*/.exec(granted)[0];
}

/** Enrols the browser of a person, and waits for everything. */
export async function enrol({ page }, server, code) {
  await page.goto(`${server}/app/#${encodeURIComponent(code)}`);
  await page.getByRole('button', { name: 'Ghi danh' }).click();
  await page.getByText('Đã đồng bộ').waitFor();
}

/** Synchronises by hand, and waits for the end of it. */
export async function sync({ page }) {
  await page.getByRole('button', { name: 'Đồng bộ' }).click();
  await page.getByText('Đã đồng bộ').waitFor();
}

/** Opens a part of the app. */
export async function openTab({ page }, name) {
  await page.getByRole('navigation').getByRole('button', { name }).click();
}

/** Opens the report of the week that the demo's people owe, sent already or not. */
export async function openWeekly({ page }) {
  const card = page.locator('li.card').filter({ hasText: WEEK });
  await card.getByRole('button', { name: /Nhập số liệu|Xem/ }).click();
  await page.locator('.field input').first().waitFor();
}

/** The weeks that are over and whose reports are not late, on a server on today's date. */
export function blankOf(page) {
  return page.locator('li.card:not(.late)')
    .filter({ hasText: 'Báo cáo tuần' }).filter({ hasText: 'Không phát sinh…' });
}

/** Runs a test's story; when it fails, shows every page and what went wrong in it. */
export async function story(browsers, shoot, tell) {
  const all = Array.isArray(browsers) ? browsers : [browsers];
  try {
    await tell();
  } catch (failed) {
    for (const { page, faults } of all) {
      await shoot('failed', page);
      console.error(await page.locator('body').innerText(), faults);
    }
    throw failed;
  } finally {
    for (const { context } of all) await context.close();
  }
}
