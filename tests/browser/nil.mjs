// Reports in which nothing occurred, sent in time to a server on today's date: the reviewer accepts
// all of them at once after a look, and no other report with them.
import {
  DESK, blankOf, checkAccess, checkClean, enrol, grant, ok, openBrowser, openTab, shooter, story,
  sync,
} from './lib.mjs';

const { THIDUA_ADDRESS: server, THIDUA_HOME: home } = process.env;
const { THIDUA_UNIT: unit, THIDUA_ABOVE: above } = process.env;
const reporter = await openBrowser(`${home}/nil-reporter`);
const reviewer = await openBrowser(`${home}/nil-reviewer`, [], { viewport: DESK });
const shoot = shooter(reviewer.page, 'nil-');

const blank = blankOf(reporter.page);
const sent = reporter.page.locator('li.card').filter({ hasText: 'máy chủ đã nhận' });

async function sayNothingOccurred() {
  const before = await sent.count();
  await blank.getByRole('button', { name: 'Không phát sinh…' }).first().click();
  await reporter.page.getByRole('button', { name: 'Gửi báo cáo: Không phát sinh' }).click();
  await sent.nth(before).waitFor();
}

async function sendFigures() {
  const { page } = reporter;
  await blank.getByRole('button', { name: 'Nhập số liệu' }).first().click();
  await page.locator('.field input').first().waitFor();
  for (const field of await page.locator('.field input').all()) await field.fill('2');
  await page.getByRole('button', { name: 'Gửi báo cáo' }).click();
  await page.getByText('Báo cáo sẽ tự gửi khi có mạng').waitFor();
  await sync(reporter);
}

await story([reviewer, reporter], shoot, async () => {
  await enrol(reporter, server, grant('web-nil', 'REPORTER', unit));
  await enrol(reviewer, server, grant('web-nil-reviewer', 'REVIEWER', above));
  await sayNothingOccurred();
  await sayNothingOccurred();
  await sendFigures();
  await sync(reviewer);
  const { page } = reviewer;
  await openTab(reviewer, /Duyệt/);
  await page.getByRole('heading', { name: '2 báo cáo không phát sinh' }).waitFor();
  await page.locator('.queue li.card').waitFor();
  await checkAccess(page, 'clean reports');
  await shoot('clean');
  await page.getByRole('button', { name: 'Duyệt 2 báo cáo vừa xem' }).click();
  await page.getByRole('heading', { name: 'không phát sinh' }).waitFor({ state: 'detached' });
  await page.locator('.queue li.card').waitFor();
  await sync(reviewer);
  await sync(reporter);
  await openTab(reporter, 'Báo cáo');
  await reporter.page.locator('li.card').filter({ hasText: 'đã duyệt' }).nth(1).waitFor();
  await sent.waitFor();
  ok('clean nil reports are accepted together after a look, and the one with figures still waits');
});
for (const person of [reviewer, reporter]) checkClean(person, server);
