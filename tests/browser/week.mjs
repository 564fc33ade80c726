// A reporter's week in a real browser: enrol, report offline, reload, come back, be received.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const require = createRequire(`${process.env.THIDUA_NODE_MODULES}/`);
const { AxeBuilder } = require('@axe-core/playwright');
const { chromium } = require('playwright-core');
const { THIDUA_ADDRESS: server, THIDUA_CODE: code, THIDUA_PROFILE: profile } = process.env;
const { THIDUA_SHOTS: shots } = process.env;
const PHONE = { width: 390, height: 844 };
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync'];

const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.THIDUA_CHROMIUM ?? '/usr/bin/chromium',
  args: FLAGS, headless: true, viewport: PHONE, locale: 'vi-VN', serviceWorkers: 'allow',
});
const page = context.pages()[0] ?? await context.newPage();
const faults = [];
const asked = new Set();
page.on('pageerror', (error) => faults.push(String(error)));
page.on('console', (message) => {
  // A browser reports every call that it could not make; the app says so itself.
  const text = message.text();
  if (message.type() === 'error' && !text.includes('net::ERR_')) faults.push(text);
});
context.on('request', (request) => asked.add(new URL(request.url()).origin));

let step = 0;
async function shoot(name, at = page) {
  step += 1;
  const path = `${shots}/${String(step).padStart(2, '0')}-${name}.png`;
  if (shots) await at.screenshot({ path, fullPage: true });
}

async function checkAccess(what) {
  const axe = new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']);
  const { violations } = await axe.analyze();
  assert.deepEqual(violations.map((one) => `${one.id}: ${one.nodes[0].html}`), [], what);
}

async function checkWidth(width) {
  await page.setViewportSize({ ...PHONE, width });
  const measure = () => document.documentElement.scrollWidth - window.innerWidth;
  const overflow = await page.evaluate(measure);
  assert.ok(overflow <= 0, `${width} pixels are ${overflow} too few`);
}

function ok(text) {
  console.log(`ok   ${text}`);
}

try {
  const began = Date.now();
  await page.goto(`${server}/app/#${encodeURIComponent(code)}`);
  await page.getByRole('heading', { name: 'Ghi danh thiết bị' }).waitFor();
  console.log(`     first page after ${Date.now() - began} ms`);
  await checkAccess('enrolment');
  await shoot('enrol');
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByRole('heading', { name: 'Enrol this device' }).waitFor();
  await page.getByRole('button', { name: 'Tiếng Việt' }).click();
  await page.getByRole('heading', { name: 'Ghi danh thiết bị' }).waitFor();
  ok('the language changes and the code of the link stays');
  await page.getByRole('button', { name: 'Ghi danh' }).click();
  await page.getByText('Đã đồng bộ').waitFor();
  assert.equal(new URL(page.url()).hash, '', 'the code does not stay in the address');
  ok('a browser is enrolled with a code, and synchronised');

  const cards = page.locator('li.card');
  await cards.first().waitFor();
  await checkAccess('due reports');
  await checkWidth(320);
  await shoot('due-320');
  await page.setViewportSize({ width: 1280, height: 800 });
  await shoot('due-desk');
  await page.setViewportSize(PHONE);
  await shoot('due-phone');
  await page.evaluate(() => navigator.serviceWorker.ready);

  await context.setOffline(true);
  const nil = page.getByRole('button', { name: /Không phát sinh/ });
  const card = cards.filter({ hasText: 'chưa nhập' }).filter({ has: nil }).first();
  const title = await card.getByRole('heading').innerText();
  const period = (await card.locator('p').first().innerText()).split(' · ')[0];
  await card.getByRole('button', { name: 'Nhập số liệu' }).click();
  const fields = page.locator('.field input');
  await fields.first().waitFor();
  const count = await fields.count();
  await fields.first().fill('không phải số');
  await page.locator('.field .bad').first().waitFor();
  for (let at = 0; at < count; at += 1) await fields.nth(at).fill(at === 0 ? '3' : '0');
  await checkAccess('a report');
  await checkWidth(320);
  await page.setViewportSize(PHONE);
  await shoot('report');
  await page.getByRole('button', { name: 'Gửi báo cáo' }).click();
  await page.getByText('Báo cáo sẽ tự gửi khi có mạng').waitFor();
  await page.getByText('Không có mạng').waitFor();
  await shoot('offline');
  ok(`${count} figures are entered and sent without a connection`);

  await page.reload();
  const same = () => page.locator('li.card').filter({ hasText: title }).filter({ hasText: period });
  await same().filter({ hasText: /chờ gửi|chờ trả lời/ }).waitFor();
  await shoot('reloaded-offline');
  ok('after a reload without a connection the app opens and the report still waits');

  const other = await context.newPage();
  await other.goto(`${server}/app/`);
  await other.getByText('thẻ khác').waitFor();
  await shoot('second-tab', other);
  await other.close();
  ok('a second tab waits and opens no second replica');

  await context.setOffline(false);
  await page.getByRole('button', { name: 'Đồng bộ' }).click();
  await same().filter({ hasText: 'máy chủ đã nhận' }).waitFor();
  await shoot('received');
  ok('with a connection it is sent by itself, and received');

  const others = [...asked].filter((origin) => origin !== server);
  assert.deepEqual(others, [], 'no other server is asked');
  assert.deepEqual(faults, [], 'nothing went wrong in the page');
} catch (failed) {
  await shoot('failed');
  console.error(await page.locator('body').innerText(), faults);
  throw failed;
} finally {
  await context.close();
}
