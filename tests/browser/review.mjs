// A reviewer's hour and what follows from it, in two real browsers: accept, return, correct, amend,
// settle a conflict, take over held work.
import assert from 'node:assert/strict';
import {
  DESK, WEEK, checkAccess, checkClean, checkWidth, enrol, grant, ok, openBrowser, openTab,
  openWeekly, operate, shooter, story, sync,
} from './lib.mjs';

const { THIDUA_ADDRESS: server, THIDUA_HOME: home, THIDUA_UNIT: unit } = process.env;
const { THIDUA_ABOVE: above } = process.env;
const reporter = await openBrowser(`${home}/reporter`);
const head = await openBrowser(`${home}/head`);
const reviewer = await openBrowser(`${home}/reviewer`, [], { viewport: DESK });
const shoot = shooter(reviewer.page, 'review-');

/** Goes to the unit's weekly report, from wherever the person is. */
async function openReport(person) {
  await openTab(person, 'Báo cáo');
  await openWeekly(person);
}

async function fill({ page }, first, others) {
  const fields = page.locator('.field input');
  const count = await fields.count();
  await fields.first().fill(first);
  for (let at = 1; others !== undefined && at < count; at += 1) await fields.nth(at).fill(others);
}

async function send({ page }) {
  await page.getByRole('button', { name: 'Gửi báo cáo' }).click();
  await page.getByText('Báo cáo sẽ tự gửi khi có mạng').waitFor();
}

/** The card of the unit's report in the reviewer's queue. */
const queued = () => reviewer.page.locator('.queue li.card').filter({ hasText: WEEK });

await story([reviewer, reporter, head], shoot, async () => {
  await enrol(reporter, server, grant('web-reporter', 'REPORTER', unit));
  await enrol(head, server, grant('web-head', 'UNIT_HEAD', unit));
  await enrol(reviewer, server, grant('web-reviewer', 'REVIEWER', above));
  await reporter.context.setOffline(true);
  await openReport(reporter);
  await fill(reporter, '7', '0');
  await reporter.page.getByRole('button', { name: 'Lưu nháp' }).click();
  await reporter.page.getByText('Đã lưu trên máy này').waitFor();
  await openReport(head);
  await fill(head, '9');
  await head.page.getByRole('button', { name: 'Lưu nháp' }).click();
  await head.page.getByText('Đã lưu trên máy này').waitFor();
  await sync(head);
  await reporter.context.setOffline(false);
  await sync(reporter);
  await sync(head);
  await openTab(head, /Cần xử lý/);
  await head.page.getByRole('heading', { name: 'Hai người nhập' }).waitFor();
  await checkAccess(head.page, 'a conflict');
  await shoot('conflict', head.page);
  await head.page.getByRole('button', { name: 'Lấy: 7' }).click();
  await sync(head);
  await head.page.getByText('Không có việc nào cần xử lý').waitFor();
  await sync(reporter);
  await openReport(reporter);
  assert.equal(await reporter.page.locator('.field input').first().inputValue(), '7');
  ok('two people enter two values without each other, and the unit head says which one stands');

  await reporter.page.getByLabel(/Ghi chú/).fill('Một tổ tuần tra nghỉ lễ');
  const sent = Date.now();
  await send(reporter);
  // Nobody taps anything: an open app follows.
  await queued().waitFor();
  console.log(`     sent, and in the reviewer's queue, after ${Date.now() - sent} ms`);
  await checkAccess(reviewer.page, 'the queue');
  await shoot('queue-desk');
  await reviewer.page.keyboard.press('j');
  const table = reviewer.page.locator('.decision table');
  await table.waitFor();
  assert.match(await reviewer.page.locator('.decision').innerText(), /Một tổ tuần tra nghỉ lễ/);
  await checkAccess(reviewer.page, 'a report beside its past');
  await shoot('report-desk');
  await checkWidth(reviewer.page, 320);
  await shoot('report-320');
  await reviewer.page.setViewportSize(DESK);
  await reviewer.page.keyboard.press('r');
  await reviewer.page.keyboard.type('Vì sao cao hơn kỳ trước?');
  await reviewer.page.getByRole('button', { name: 'Trả lại kèm câu hỏi' }).click();
  await queued().waitFor({ state: 'detached' });
  await sync(reviewer);
  ok('a reviewer looks at a report with the keyboard, and returns it with a question');

  await sync(reporter);
  await openReport(reporter);
  await reporter.page.getByText('Vì sao cao hơn kỳ trước?').waitFor();
  await shoot('returned', reporter.page);
  await fill(reporter, '6');
  await reporter.page.getByLabel(/Thêm ý kiến/).fill('Đã kiểm tra lại sổ trực');
  await reporter.page.getByRole('button', { name: 'Gửi ý kiến' }).click();
  await reporter.page.locator('section li', { hasText: 'Đã kiểm tra lại sổ trực' }).waitFor();
  await send(reporter);
  await sync(reporter);
  await sync(reviewer);
  await queued().getByRole('button').click();
  await reviewer.page.getByText('Đã kiểm tra lại sổ trực').waitFor();
  await reviewer.context.setOffline(true);
  await reviewer.page.keyboard.press('a');
  await queued().waitFor({ state: 'detached' });
  await reviewer.context.setOffline(false);
  await sync(reviewer);
  await sync(reporter);
  await reporter.page.getByText('đã duyệt').first().waitFor();
  ok('the reporter corrects and answers; the reviewer accepts without a connection');

  await reporter.page.getByRole('button', { name: 'Đề nghị điều chỉnh' }).click();
  await fill(reporter, '5');
  await reporter.page.getByLabel('Lý do điều chỉnh').fill('Một vụ thuộc xã bên');
  await reporter.page.getByRole('button', { name: 'Gửi đề nghị' }).click();
  await reporter.page.getByText('Đã ghi nhận đề nghị').waitFor();
  await sync(reporter);
  await sync(reviewer);
  await openTab(reviewer, /Cần xử lý/);
  await reviewer.page.getByText('Một vụ thuộc xã bên').waitFor();
  await checkAccess(reviewer.page, 'a proposal');
  await shoot('proposal');
  await reviewer.page.getByRole('button', { name: 'Chấp nhận' }).click();
  await reviewer.page.getByText('Không có việc nào cần xử lý').waitFor();
  await sync(reviewer);
  await sync(reporter);
  await openReport(reporter);
  assert.equal(await reporter.page.locator('.field input').first().inputValue(), '5');
  ok('an accepted figure is amended by a proposal that the reviewer grants');

  await reporter.context.setOffline(true);
  await reporter.page.getByRole('button', { name: 'Đề nghị điều chỉnh' }).click();
  await fill(reporter, '4');
  await reporter.page.getByLabel('Lý do điều chỉnh').fill('Thêm một vụ thuộc xã bên');
  await reporter.page.getByRole('button', { name: 'Gửi đề nghị' }).click();
  await reporter.page.getByText('Đã ghi nhận đề nghị').waitFor();
  operate('access', 'end-grant', '--account', 'web-reporter', '--role', 'REPORTER', '--unit', unit);
  await reporter.context.setOffline(false);
  await reporter.page.getByRole('button', { name: 'Đồng bộ' }).click();
  await reporter.page.getByText('1 việc đang tạm giữ').waitFor();
  await reporter.page.getByText('thủ trưởng đơn vị quyết định').waitFor();
  await shoot('own-held', reporter.page);
  await sync(head);
  await head.page.getByRole('heading', { name: 'Hộp bàn giao' }).waitFor();
  await shoot('held', head.page);
  await head.page.getByRole('button', { name: 'Áp dụng thay mặt đơn vị' }).click();
  await sync(head);
  await head.page.getByRole('heading', { name: 'Hộp bàn giao' }).waitFor({ state: 'detached' });
  await sync(reviewer);
  await reviewer.page.getByText('Thêm một vụ thuộc xã bên').waitFor();
  ok('work of a person whose role ended is not lost: the unit head takes it over');
});

for (const person of [reviewer, reporter, head]) checkClean(person, server);
