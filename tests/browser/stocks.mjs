// "Nothing occurred" where there are stocks and duties: what a health station is asked, and what its
// reviewer sees. The authority is that of `--authority health`.
import assert from 'node:assert/strict';
import {
  DESK, checkAccess, checkClean, enrol, grant, ok, openBrowser, shooter, story, sync,
} from './lib.mjs';

const { THIDUA_ADDRESS: server, THIDUA_HOME: home } = process.env;
const { THIDUA_UNIT: unit, THIDUA_ABOVE: above } = process.env;
const reviewer = await openBrowser(`${home}/health-reviewer`, [], { viewport: DESK });
const shoot = shooter(reviewer.page, 'stocks-');

async function sayNothingOccurred() {
  const station = await openBrowser(`${home}/health-station`);
  const { page } = station;
  const shot = shooter(page, 'stocks-station-');
  await story(station, shot, async () => {
    await enrol(station, server, grant('web-station', 'REPORTER', unit));
    const card = page.locator('li.card.late').first();
    await card.getByRole('button', { name: 'Không phát sinh…' }).click();
    await card.getByText('giữ nguyên kỳ trước').waitFor();
    await checkAccess(page, 'stocks to confirm');
    await shot('confirm');
    // What nobody can carry over is asked: whether the station was on duty.
    await card.getByRole('button', { name: 'Nhập số còn thiếu' }).click();
    const duty = page.getByRole('textbox', { name: /Xác nhận trực dịch/ });
    await duty.fill('1');
    await page.getByText('kỳ trước: 12').first().waitFor();
    await shot('duty');
    await page.getByRole('button', { name: 'Gửi báo cáo' }).click();
    await page.getByText('Báo cáo sẽ tự gửi khi có mạng').waitFor();
    await page.getByRole('button', { name: 'Quay lại' }).click();
    await page.locator('li.card').filter({ hasText: 'máy chủ đã nhận' }).first().waitFor();
  });
  checkClean(station, server);
}

await story(reviewer, shoot, async () => {
  const { page } = reviewer;
  await enrol(reviewer, server, grant('web-health-reviewer', 'REVIEWER', above));
  await sayNothingOccurred();
  ok('of a month without an event only the duty is asked; the stock stays as it was');
  await sync(reviewer);
  await page.keyboard.press('j');
  const stock = page.locator('.decision tr', { hasText: 'bệnh nhân lao' });
  await stock.getByText('12 (giữ nguyên kỳ trước)').waitFor();
  await shoot('stock');
  await page.keyboard.press('a');
  await page.getByText('Không có báo cáo nào chờ duyệt').waitFor();
  await sync(reviewer);
  ok('a reviewer sees beside the last month which figures were kept');
});
checkClean(reviewer, server);
