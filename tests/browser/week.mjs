// A reporter's week in a real browser: enrol, report and pledge offline, reload, come back, be
// received, read the results.
import assert from 'node:assert/strict';
import {
  DESK, PHONE, checkAccess, checkClean, checkWidth, grant, ok, openBrowser, openTab,
  shooter, story,
} from './lib.mjs';

const { THIDUA_ADDRESS: server, THIDUA_HOME: home, THIDUA_UNIT: unit } = process.env;
const browser = await openBrowser(`${home}/week`);
const { context, page } = browser;
const shoot = shooter(page);
const code = grant('web-week', 'REPORTER', unit);
const tab = (name) => openTab(browser, name);

/** Wakes the service worker as the browser does once a day, and gives what it shows. */
async function remind() {
  const devtools = await context.newCDPSession(page);
  const found = new Promise((resolve) => {
    devtools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) =>
      registrations.length > 0 && resolve(registrations[0]));
  });
  await devtools.send('ServiceWorker.enable');
  const { registrationId } = await found;
  await devtools.send('ServiceWorker.dispatchPeriodicSyncEvent',
    { origin: server, registrationId, tag: 'due' });
  return page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    for (;;) {
      const [shown] = await registration.getNotifications();
      if (shown) return { title: shown.title, body: shown.body };
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
}

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
  const asked = Date.now();
  await page.getByRole('button', { name: 'Ghi danh' }).click();
  await page.getByText('Đã đồng bộ').waitFor();
  console.log(`     enrolled, and the first sync done, after ${Date.now() - asked} ms`);
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

  await context.grantPermissions(['notifications'], { origin: server });
  await page.reload();
  await page.getByText('Trình duyệt chỉ nhắc khi ứng dụng đã được cài').waitFor();
  const reminder = await remind();
  assert.equal(reminder.title, 'Báo cáo thi đua');
  assert.match(reminder.body, /^Có \d+ báo cáo đến hạn chưa gửi\.$/);
  ok('while the app is closed it reminds of reports that are due, without a figure');

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

  const article = page.locator('article').first();
  await tab('Phong trào');
  await article.getByRole('button', { name: 'Đăng ký…' }).click();
  await page.getByLabel(/Chức vụ/).fill('Trưởng công an xã');
  await page.getByRole('button', { name: 'Đăng ký', exact: true }).click();
  await article.getByText('Trưởng công an xã ký').waitFor();
  await article.getByRole('button', { name: 'Ghi lễ phát động…' }).click();
  await page.getByLabel(/Số người dự/).fill('45');
  await page.getByRole('button', { name: 'Ghi lễ phát động', exact: true }).click();
  await article.getByText('45 người dự').waitFor();
  await article.getByRole('button', { name: 'Ghi cam kết…' }).click();
  await page.getByLabel('Nội dung cam kết').fill('Không để tồn tin báo quá hạn');
  await page.getByLabel(/Chức vụ/).fill('Trưởng công an xã');
  await page.getByRole('button', { name: 'Ghi cam kết', exact: true }).click();
  await article.getByText('Không để tồn tin báo quá hạn').waitFor();
  await checkAccess(page, 'campaigns');
  await checkWidth(page, 320);
  await page.setViewportSize(PHONE);
  await shoot('campaigns');
  ok('the unit registers, records its launch and pledges, without a connection');

  await page.reload();
  await article.getByText('Không để tồn tin báo quá hạn').waitFor();
  await tab('Báo cáo');
  const same = () => page.locator('li.card').filter({ hasText: title }).filter({ hasText: period });
  await same().filter({ hasText: /chờ gửi|chờ trả lời/ }).waitFor();
  await shoot('reloaded-offline');
  ok('after a reload without a connection the app opens where it was, and all of it still waits');

  const other = await context.newPage();
  await other.goto(`${server}/app/`);
  await other.getByText('thẻ khác').waitFor();
  await shoot('second-tab', other);
  await other.close();
  ok('a second tab waits and opens no second replica');

  const connected = Date.now();
  await context.setOffline(false);
  await same().filter({ hasText: 'máy chủ đã nhận' }).waitFor();
  console.log(`     received ${Date.now() - connected} ms after the connection came back`);
  await shoot('received');
  ok('with a connection it is sent by itself, and received');

  await tab('Kết quả');
  await page.getByText('Đây không phải bảng xếp hạng').waitFor();
  await page.locator('li.card').first().waitFor();
  await checkAccess(page, 'published results');
  await checkWidth(page, 320);
  await page.setViewportSize(PHONE);
  await shoot('standings');
  for (const name of ['Cần xử lý', 'Câu hỏi']) {
    await tab(name);
    await checkAccess(page, name);
    await shoot(name === 'Câu hỏi' ? 'findings' : 'decisions');
  }
  await page.goBack();
  await page.goBack();
  await page.getByRole('heading', { name: 'Kết quả đã công bố' }).waitFor();
  ok('published results have a page of their own, and the way back works');

  checkClean(browser, server);
});
