// A device in a real browser: enrolled by camera with a key that no script can read, for several
// units beside each other, until each signs out.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import {
  PHONE, checkAccess, checkClean, checkWidth, grant, ok, openBrowser, shooter, story,
} from './lib.mjs';
import { film } from './camera.mjs';

const { THIDUA_ADDRESS: server, THIDUA_HOME: home, THIDUA_EXPORT: exported } = process.env;
const { THIDUA_UNIT: unit, THIDUA_OTHER_UNIT: otherUnit } = process.env;
const profile = `${home}/enrol`;
const [first, second, third] = [
  grant('web-first', 'REPORTER', unit), grant('web-second', 'REPORTER', otherUnit),
  grant('web-third', 'REPORTER', unit),
];
const video = `${profile}-camera.y4m`;
await film(video, first);
const browser = await openBrowser(profile, [
  '--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${video}`,
]);
const { context, page } = browser;
const shoot = shooter(page, 'enrol-');

const synced = () => page.getByText('Đã đồng bộ').waitFor();
const shows = async (unit) => {
  await page.locator('.units summary', { hasText: unit }).waitFor();
  await synced();
};
const unitName = () => page.locator('.units summary').innerText();
const menu = page.locator('.units summary');

/** What a script of the page finds of the key: whether it can be read, and where. */
function lookForKey() {
  return page.evaluate(async () => {
    const base = await new Promise((resolve, reject) => {
      const request = indexedDB.open('thidua');
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const all = await new Promise((resolve) => {
      const request = base.transaction('profiles').objectStore('profiles').getAll();
      request.onsuccess = () => resolve(request.result);
    });
    base.close();
    const keys = all.filter((one) => one.key).map((one) => one.key.privateKey);
    const read = await Promise.allSettled(keys.map((key) => crypto.subtle.exportKey('pkcs8', key)));
    return { profiles: all.length, keys: keys.length, read: read.map((one) => one.status) };
  });
}

/** The private files of the origin that hold anything. */
function countFiles() {
  return page.evaluate(async () => {
    let count = 0;
    const walk = async (folder) => {
      for await (const entry of folder.values()) {
        if (entry.kind === 'directory') await walk(entry);
        else if ((await entry.getFile()).size > 4096) count += 1;
      }
    };
    await walk(await navigator.storage.getDirectory());
    return count;
  });
}

/**
 * Changes the token of the next call on its way, so that the server asks for a new one. Gives a
 * function that counts the calls of a method since.
 */
async function spoilToken() {
  const worker = page.workers()[0];
  await worker.evaluate(() => {
    const send = self.fetch;
    self.asked = [];
    self.fetch = (address, request) => {
      if (self.asked.length === 0) request.headers.authorization = 'Bearer spoiled';
      self.asked.push(String(address));
      return send(address, request);
    };
  });
  const count = (method) => self.asked.filter((address) => address.endsWith(method)).length;
  return (method) => worker.evaluate(count, method);
}

/** Syncs, and waits until the server was asked for a new token. */
async function syncWithSpoiledToken() {
  const calls = await spoilToken();
  await page.getByRole('button', { name: 'Đồng bộ' }).click();
  for (let tries = 0; tries < 300 && await calls('BeginRenewal') === 0; tries += 1) {
    await page.waitForTimeout(100);
  }
  return calls;
}

await story(browser, shoot, async () => {
  await page.goto(`${server}/app/`);
  const scan = page.getByRole('button', { name: 'Quét mã QR bằng máy ảnh' });
  await scan.click();
  await page.getByText('Chưa được phép dùng máy ảnh').waitFor();
  await shoot('camera-refused');
  ok('a person who permits no camera is told how to, and can type the code');

  await context.grantPermissions(['camera'], { origin: server });
  await page.evaluate(() => {
    globalThis.BarcodeDetector = class {
      static getSupportedFormats = async () => ['qr_code'];
      detect = async () => [{ rawValue: 'https://example.org/' }];
    };
  });
  await scan.click();
  await page.getByText('Mã QR này không phải mã ghi danh').waitFor();
  await checkAccess(page, 'the camera');
  await shoot('camera');
  await page.getByRole('button', { name: 'Tắt máy ảnh' }).click();
  await page.evaluate(() => { delete globalThis.BarcodeDetector; });
  ok('where the browser has a reader of its own it is used, and another code is said to be one');

  await scan.click();
  await synced();
  const firstUnit = await unitName();
  assert.deepEqual(await lookForKey(), { profiles: 1, keys: 1, read: ['rejected'] });
  ok('a browser is enrolled by camera, with a key that no script can read');

  const renewing = await syncWithSpoiledToken();
  await synced();
  assert.equal(await renewing('RenewToken'), 1);
  ok('that key renews the token');

  await page.evaluate(() => navigator.serviceWorker.ready);
  await context.setOffline(true);
  const blank = page.locator('li.card').filter({ hasText: 'chưa nhập' });
  const nil = page.getByRole('button', { name: /Không phát sinh/ });
  await blank.filter({ has: nil }).first().getByRole('button', { name: 'Nhập số liệu' }).click();
  const fields = page.locator('.field input');
  await fields.first().waitFor();
  for (const field of await fields.all()) await field.fill('0');
  await page.getByRole('button', { name: 'Gửi báo cáo' }).click();
  await page.getByText('2 việc chờ gửi').waitFor();
  await menu.click();
  await checkAccess(page, 'the menu of units');
  await checkWidth(page, 320);
  await page.setViewportSize(PHONE);
  await shoot('menu');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Lưu việc chưa gửi ra tệp' }).click();
  await (await download).saveAs(exported);
  await page.getByText('Tệp có 2 việc').waitFor();
  assert.ok(readFileSync(exported).length > 100);
  ok('what is unsent is signed and saved as a file, without a connection');

  await page.goto(`${server}/app/#${encodeURIComponent(second)}`);
  await page.reload();
  await page.getByText('có mã ghi danh của một đơn vị khác').waitFor();
  await checkAccess(page, 'the link of another unit');
  await page.getByRole('button', { name: 'Không, bỏ qua' }).click();
  assert.equal(new URL(page.url()).hash, '', 'the code does not stay in the address');
  await menu.click();
  await page.getByRole('button', { name: 'Thêm đơn vị' }).click();
  await page.getByRole('heading', { name: 'Ghi danh thiết bị' }).waitFor();
  await page.getByRole('button', { name: firstUnit }).waitFor();
  await checkAccess(page, 'the enrolment of a further unit');
  await shoot('add-unit');
  await context.setOffline(false);
  await page.getByLabel('Mã ghi danh').fill(second);
  await page.getByRole('button', { name: 'Ghi danh', exact: true }).click();
  await synced();
  const secondUnit = await unitName();
  assert.notEqual(secondUnit, firstUnit);
  assert.deepEqual(await lookForKey(),
    { profiles: 2, keys: 2, read: ['rejected', 'rejected'] });
  await menu.click();
  const other = page.getByRole('button', { name: firstUnit });
  assert.match(await other.innerText(), /2 việc chờ gửi/);
  await shoot('second-unit');
  ok('a second unit has its own data and key, and shows what waits in the first');

  await other.click();
  await shows(firstUnit);
  await page.getByText('máy chủ đã nhận').first().waitFor();
  ok('after the change of unit, what waited there is sent and received');

  await menu.click();
  await page.getByRole('button', { name: secondUnit }).click();
  await shows(secondUnit);
  const before = await countFiles();
  page.once('dialog', (dialog) => dialog.accept());
  await page.getByRole('button', { name: 'Thoát và xóa dữ liệu' }).click();
  await shows(firstUnit);
  assert.deepEqual(await lookForKey(), { profiles: 1, keys: 1, read: ['rejected'] });
  assert.equal(await countFiles(), before - 1, 'its replica is gone');
  ok('who signs out of one unit deletes its data and its key, and the other one stays');

  await page.evaluate(() => new Promise((resolve) => {
    indexedDB.open('thidua').onsuccess = ({ target: { result: base } }) => {
      const transaction = base.transaction('profiles', 'readwrite');
      transaction.objectStore('profiles').clear();
      transaction.oncomplete = () => { base.close(); resolve(); };
    };
  }));
  await page.reload();
  await page.getByText('Trình duyệt đã mất khóa').waitFor();
  await synced();
  const lost = await syncWithSpoiledToken();
  await page.getByText('Đồng bộ đã dừng').waitFor();
  await page.waitForTimeout(3000);
  assert.equal(await lost('BeginRenewal'), 1, 'it does not try for ever');
  await checkAccess(page, 'a lost key');
  await shoot('key-lost');
  ok('a browser that lost the key says so, with what to do, and does not call again and again');

  page.once('dialog', (dialog) => dialog.accept());
  await page.getByRole('button', { name: 'Xóa và ghi danh lại' }).click();
  await page.getByRole('heading', { name: 'Ghi danh thiết bị' }).waitFor();
  await page.getByLabel('Mã ghi danh').fill(third);
  await page.getByRole('button', { name: 'Ghi danh', exact: true }).click();
  await synced();
  assert.deepEqual(await lookForKey(), { profiles: 1, keys: 1, read: ['rejected'] });
  ok('with a new code it is enrolled anew, with a new key');
  checkClean(browser, server);
});
