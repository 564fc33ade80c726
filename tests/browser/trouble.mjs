// What goes wrong in the field, in a real browser: no contact for weeks, a wrong clock, a full
// disk, a killed tab, a new release in the middle of a form, a device that was revoked.
import assert from 'node:assert/strict';
import {
  checkAccess, checkClean, enrol, grant, ok, openBrowser, openWeekly, operate, shooter,
  story, sync,
} from './lib.mjs';
import { startProxy } from './proxy.mjs';

const { THIDUA_ADDRESS: server, THIDUA_HOME: home, THIDUA_UNIT: unit } = process.env;
const { THIDUA_TOWN: town } = process.env;
const DAY_MS = 86_400_000;

async function saveFirst(page, figure) {
  await page.locator('.field input').first().fill(figure);
  await page.getByRole('button', { name: 'Lưu nháp' }).click();
}

/** Moves the clock of the engine's worker from the next load of the page on. */
async function controlClock(context) {
  let aheadMs = 0;
  await context.route(/assets\/worker-/, async (route) => {
    const response = await route.fetch();
    const shift = `{ const real = Date.now; Date.now = () => real() + ${aheadMs}; }\n`;
    await route.fulfill({ response, body: shift + await response.text() });
  });
  return (days) => {
    aheadMs = days * DAY_MS;
  };
}

const calls = '**/thidua.v1.*/*';
const cut = (context) => context.route(calls, (route) => route.abort());
const mend = (context) => context.unroute(calls);

const away = await openBrowser(`${home}/away`, [], { serviceWorkers: 'block' });
const shootAway = shooter(away.page, 'trouble-');
await story(away, shootAway, async () => {
  const { context, page } = away;
  // As under a certificate that the device does not trust: the app works, and keeps no page.
  await context.addInitScript(() => {
    navigator.serviceWorker.register = () => Promise.reject(new DOMException('', 'SecurityError'));
  });
  const setAhead = await controlClock(context);
  await enrol(away, server, grant('web-away', 'REPORTER', unit));
  await openWeekly(away);
  await saveFirst(page, '3');
  await page.getByText('Đã lưu trên máy này').waitFor();
  await sync(away);

  await cut(context);
  await saveFirst(page, '4');
  await page.getByText('Đã lưu trên máy này').waitFor();
  setAhead(31);
  await page.reload();
  await page.getByText('dữ liệu tạm khóa').waitFor();
  assert.equal(await page.locator('li.card, .field').count(), 0, 'nothing of the unit is shown');
  await page.getByText('1 việc chờ gửi').waitFor();
  await checkAccess(page, 'a locked app');
  await shootAway('locked');
  await mend(context);
  await sync(away);
  await page.locator('.field input').first().waitFor();
  assert.equal(await page.locator('.field input').first().inputValue(), '4');
  await page.getByText('Đồng hồ của máy sai').waitFor();
  ok('after a month without contact the app is locked, keeps what is unsent, and one sync opens it');

  const devtools = await context.newCDPSession(page);
  const quota = (quotaSize) =>
    devtools.send('Storage.overrideQuotaForOrigin', { origin: server, quotaSize });
  await quota(1);
  const full = page.locator('main section').getByRole('alert').filter({ hasText: 'bộ nhớ' });
  const comment = page.getByLabel(/Thêm ý kiến/);
  // What the file has room for still goes in.
  for (let sent = 0; sent < 200 && await full.count() === 0; sent += 1) {
    await comment.fill(`${sent} ${'ý '.repeat(245)}`);
    await page.getByRole('button', { name: 'Gửi ý kiến' }).click();
    await page.waitForFunction(() => document.querySelector('#comment').value === ''
      || document.querySelector('main section [role=alert]') !== null);
  }
  await full.waitFor();
  assert.notEqual(await comment.inputValue(), '', 'what was typed stays');
  await shootAway('full');
  await quota();
  await page.getByRole('button', { name: 'Lưu nháp' }).click();
  await page.getByText('Đã lưu trên máy này').waitFor();
  await sync(away);
  ok('a full disk is said, loses nothing that was typed, and the same tap works later');

  operate('access', 'revoke', '--account', 'web-away');
  await page.getByRole('button', { name: 'Đồng bộ' }).click();
  await page.getByRole('heading', { name: 'Ghi danh thiết bị' }).waitFor();
  await page.getByRole('alert').waitFor();
  await shootAway('revoked');
  await page.reload();
  await page.getByRole('heading', { name: 'Ghi danh thiết bị' }).waitFor();
  ok('a revoked device deletes its data at the next call, and says so');
});
checkClean(away, server);

const proxy = await startProxy(server, `${town}/tls`);
const updated = await openBrowser(`${home}/updated`);
const shootUpdated = shooter(updated.page, 'update-');
await story(updated, shootUpdated, async () => {
  const { context, page } = updated;
  await enrol(updated, proxy.address, grant('web-updated', 'REPORTER', unit));
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload();
  await openWeekly(updated);
  await context.setOffline(true);
  await saveFirst(page, '6');
  await page.getByText('Đã lưu trên máy này').waitFor();
  await context.setOffline(false);
  await page.locator('.field input').nth(1).fill('8');
  proxy.release();
  await page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update());
  await page.getByText('Có bản mới của ứng dụng').waitFor();
  assert.equal(await page.locator('.field input').nth(1).inputValue(), '8', 'typing goes on');
  await shootUpdated('offered');
  await page.getByRole('button', { name: 'Lưu nháp' }).click();
  await page.getByText('Đã lưu trên máy này').waitFor();
  await page.getByRole('button', { name: 'Chuyển sang bản mới' }).click();
  await page.waitForFunction(async () =>
    (await caches.keys()).every((name) => name.startsWith('thidua-app-release-')));
  await page.locator('.field input').first().waitFor();
  const shown = page.locator('.field input');
  assert.deepEqual([await shown.nth(0).inputValue(), await shown.nth(1).inputValue()], ['6', '8']);
  ok('a new release waits until a person agrees, and finds everything that was entered');

  await context.setOffline(true);
  await saveFirst(page, '7');
  await page.getByText('Đã lưu trên máy này').waitFor();
  await page.close({ runBeforeUnload: false });
  const again = await context.newPage();
  await again.goto(`${proxy.address}/app/`);
  await openWeekly({ page: again });
  assert.equal(await again.locator('.field input').first().inputValue(), '7');
  ok('a tab that was closed without warning, offline, opens with everything');
}).finally(() => proxy.close());
