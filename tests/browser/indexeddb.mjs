// A browser without private files, whose replica lies in IndexedDB: killed right after it says that
// something is saved, with a full disk, signed out; and a browser without either.
import assert from 'node:assert/strict';
import {
  blankOf, checkClean, enrol, grant, ok, openBrowser, operate, shooter, story, sync,
} from './lib.mjs';

const { THIDUA_ADDRESS: server, THIDUA_HOME: home, THIDUA_UNIT: unit } = process.env;
const WITHOUT_PRIVATE_FILES = '--disable-blink-features=FileSystemAccessOriginPrivate';
const open = (name, settings) =>
  openBrowser(`${home}/${name}`, [WITHOUT_PRIVATE_FILES], settings);

const SAID = ['Tổ tuần tra nghỉ lễ', 'Đã kiểm tra lại sổ trực'];

async function comment(page, text) {
  await page.getByLabel(/Thêm ý kiến/).fill(text);
  await page.getByRole('button', { name: 'Gửi ý kiến' }).click();
}

const said = (page, text) => page.locator('section li', { hasText: text });

/** Whether a text stands in the stored pieces of replicas. */
function isStored(page, text) {
  return page.evaluate((wanted) => new Promise((resolve) => {
    const binary = (bytes) => String.fromCharCode(...bytes);
    const found = binary(new TextEncoder().encode(wanted));
    indexedDB.open('thidua-replicas').onsuccess = ({ target: { result: base } }) => {
      base.transaction('pieces').objectStore('pieces').getAll().onsuccess = ({ target }) => {
        base.close();
        resolve(target.result.some(({ bytes }) => binary(bytes).includes(found)));
      };
    };
  }), text);
}

/** Ends the whole browser at once, as an empty battery does. */
async function kill({ context, page }) {
  const devtools = await context.newCDPSession(page);
  const closed = new Promise((resolve) => { context.once('close', resolve); });
  devtools.send('Browser.crash').catch(() => {});
  await closed;
}

async function reportAndDie() {
  const first = await open('indexeddb');
  const { context, page } = first;
  await story(first, shooter(page, 'indexeddb-'), async () => {
    await enrol(first, server, grant('web-indexeddb', 'REPORTER', unit));
    assert.equal(await page.evaluate(() => navigator.storage.getDirectory), undefined);
    await page.evaluate(() => navigator.serviceWorker.ready);
    await context.setOffline(true);
    await blankOf(page).getByRole('button', { name: 'Nhập số liệu' }).first().click();
    await page.locator('.field input').first().waitFor();
    const fields = await page.locator('.field input').all();
    for (const field of fields) await field.fill('2');
    await page.getByRole('button', { name: 'Gửi báo cáo' }).click();
    await page.getByText('Báo cáo sẽ tự gửi khi có mạng').waitFor();
    await comment(page, SAID[0]);
    await said(page, SAID[0]).waitFor();
    await kill(first);
  });
  checkClean(first, server);
}

async function openAgain() {
  const second = await open('indexeddb', { offline: true });
  const { context, page } = second;
  const shoot = shooter(page, 'indexeddb-');
  await story(second, shoot, async () => {
    await limitStorage(second, 16_000_000);
    await page.goto(`${server}/app/`);
    await page.getByRole('button', { name: 'Xem' }).click();
    await said(page, SAID[0]).waitFor();
    assert.equal(await page.locator('.field input').first().inputValue(), '2');
    await shoot('again');
    ok('without private files a browser that was killed after it said "saved" has everything');
    await context.setOffline(false);
    await sync(second);
    await page.getByText('máy chủ đã nhận').first().waitFor();
    const rows = operate('report', 'export', '--csv', 'tuan-xa').split('\n');
    const sent = rows.filter((row) => row.includes(`,${unit},`));
    assert.equal(sent.length, 1, sent.join('\n'));
    assert.match(sent[0], /,SUBMITTED,.*,2,2,2,2,2$/);
    ok('and sends it once');
    await fillDisk(second);
    await signOut(second);
  });
  checkClean(second, server);
}

/** Sets how many bytes the origin may store; without a number, as many as before. */
async function limitStorage({ context, page }, quotaSize) {
  const devtools = await context.newCDPSession(page);
  const limit = quotaSize === undefined ? {} : { quotaSize };
  await devtools.send('Storage.overrideQuotaForOrigin', { origin: server, ...limit });
}

async function fillDisk(browser) {
  const { page } = browser;
  const full = page.locator('main section').getByRole('alert').filter({ hasText: 'bộ nhớ' });
  const field = page.getByLabel(/Thêm ý kiến/);
  await limitStorage(browser, 1);
  // Chromium measures again once what it last found free is used up.
  let sent = 0;
  for (; sent < 200 && await full.count() === 0; sent += 1) {
    await comment(page, `${SAID[1]} ${sent}`);
    await page.waitForFunction(() => document.querySelector('#comment').value === ''
      || document.querySelector('main section [role=alert]') !== null);
  }
  await full.waitFor();
  const last = `${SAID[1]} ${sent - 1}`;
  assert.equal(await field.inputValue(), last, 'what was typed stays');
  assert.equal(await said(page, SAID[1]).count(), sent - 1);
  await limitStorage(browser);
  await page.getByRole('button', { name: 'Gửi ý kiến' }).click();
  await said(page, last).waitFor();
  await sync(browser);
  await page.reload();
  await said(page, last).waitFor();
  assert.equal(await said(page, SAID[0]).count(), 1);
  assert.equal(await said(page, SAID[1]).count(), sent);
  ok('there, too, a full disk is said, loses nothing that was typed, and the same tap works later');
}

async function signOut({ page }) {
  assert.ok(await isStored(page, SAID[0]));
  await page.locator('.units summary').click();
  page.once('dialog', (dialog) => dialog.accept());
  await page.getByRole('button', { name: 'Thoát và xóa dữ liệu' }).click();
  await page.getByRole('heading', { name: 'Ghi danh thiết bị' }).waitFor();
  assert.ok(!await isStored(page, SAID[0]));
  ok('who signs out deletes the replica from IndexedDB');
}

async function openWithoutStores() {
  const { context, page } = await open('storeless', { serviceWorkers: 'block' });
  try {
    await context.route('**/worker-*.js', async (route) => {
      const answer = await route.fetch();
      const without = 'Object.defineProperty(self, "indexedDB", { value: undefined });';
      await route.fulfill({ response: answer, body: without + await answer.text() });
    });
    await page.goto(`${server}/app/`);
    const told = page.getByRole('alert').filter({ hasText: 'không lưu được dữ liệu' });
    await told.waitFor();
    ok('a browser without private files and without IndexedDB is told so, and keeps nothing');
  } finally {
    await context.close();
  }
}

await reportAndDie();
await openAgain();
await openWithoutStores();
