// A reporter's week in a real browser: enrol, report offline, reload, come back, be received.
import assert from 'node:assert/strict';
import {
  DESK, PHONE, checkAccess, checkClean, checkWidth, ok, openBrowser, shooter, story,
} from './lib.mjs';

const { THIDUA_ADDRESS: server, THIDUA_CODE: code, THIDUA_PROFILE: profile } = process.env;
const browser = await openBrowser(profile);
const { context, page } = browser;
const shoot = shooter(page);

await story(browser, shoot, async () => {
  const began = Date.now();
  await page.goto(`${server}/app/#${encodeURIComponent(code)}`);
  await page.getByRole('heading', { name: 'Ghi danh thiết bị' }).waitFor();
  console.log(`     first page after ${Date.now() - began} ms`);
  await checkAccess(page, 'enrolment');
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
  await checkAccess(page, 'due reports');
  await checkWidth(page, 320);
  await shoot('due-320');
  await page.setViewportSize(DESK);
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
  await checkAccess(page, 'a report');
  await checkWidth(page, 320);
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

  checkClean(browser, server);
});
