// The office in a real browser: a leader's, a reviewer's and an administrator's path, with and
// without script, on a screen and on paper.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { LAUNCH, checkAccess, chromium, ok, shooter } from './lib.mjs';

const { THIDUA_ADDRESS: server, THIDUA_SHOTS: shots } = process.env;
const people = JSON.parse(process.env.THIDUA_DESKS);
const DESK = { width: 1280, height: 900 };
const NARROW = { width: 360, height: 780 };
const WEIGHT_MAX = 150_000;

const browser = await chromium.launch(LAUNCH);
const faults = [];
const asked = new Set();
const take = shooter(null, 'office-');
const shoot = (page, name) => take(name, page);

/** A browser of one person, in which every fault of a page is noted. */
async function open(options = {}) {
  const context = await browser.newContext({ viewport: DESK, locale: 'vi-VN', ...options });
  context.on('request', (request) => asked.add(new URL(request.url()).origin));
  const page = await context.newPage();
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('dialog', (dialog) => { faults.push(`a dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on('console', (message) => {
    // A stream of events ends with its page; a refusal is meant where it is asked for.
    const isMeant = /\[object Event\]|Failed to load resource|ERR_|^Framing/.test(message.text());
    if (message.type() === 'error' && !isMeant) faults.push(message.text());
  });
  return page;
}

/** What every page promises: no barrier, no sideways scrolling, and a bounded weight. */
async function check(page, name) {
  await checkAccess(page, name);
  const { overflow, weight } = await page.evaluate(() => {
    const entries = [...performance.getEntriesByType('navigation'),
      ...performance.getEntriesByType('resource').filter((one) => one.initiatorType !== 'other')];
    return {
      overflow: document.documentElement.scrollWidth - window.innerWidth,
      weight: entries.reduce((sum, one) => sum + one.transferSize, 0),
    };
  });
  assert.ok(overflow <= 0, `${name}: ${overflow} pixels too wide`);
  assert.ok(weight <= WEIGHT_MAX, `${name}: ${weight} bytes`);
  console.log(`     ${name}: ${weight} bytes`);
  await shoot(page, name);
}

/** The same on a desk's screen and on the narrowest phone. */
async function checkBoth(page, name) {
  await check(page, name);
  await page.setViewportSize(NARROW);
  await check(page, `${name}-narrow`);
  await page.setViewportSize(DESK);
}

async function signIn(page, who) {
  await signInAs(page, people[who]);
}

async function signInAs(page, [account, password]) {
  await page.goto(`${server}/office/`);
  await page.getByLabel('Tài khoản').fill(account);
  await page.getByLabel('Mật khẩu').fill(password);
  await page.locator('main button').click();
  await page.waitForURL((url) => !url.pathname.includes('sign-in'));
}

async function leaderReads(page) {
  await page.goto(`${server}/office/`);
  await check(page, 'sign-in');
  await page.getByLabel('Tài khoản').fill(people.leader[0]);
  await page.getByLabel('Mật khẩu').fill('một câu khác hẳn, cũng dài');
  await page.locator('main button').click();
  await page.getByRole('alert').waitFor();
  await check(page, 'sign-in-refused');
  ok('a wrong password is refused in words');
  await signIn(page, 'leader');
  await page.getByText(/Trong \d+ chỉ tiêu/).waitFor();
  await check(page, 'today');
  ok('a leader sees where the targets stand');
  await page.locator('.box a').first().click();
  await page.getByRole('heading', { name: 'Ba góc nhìn tổ chức' }).waitFor();
  await check(page, 'target');
  await page.getByRole('link', { name: 'Theo tổ chức hiện nay' }).click();
  await page.getByText('đánh giá lúc này').first().waitFor();
  await check(page, 'target-other-view');
  await page.getByRole('link', { name: /Xem báo cáo/ }).first().click();
  await check(page, 'reports-behind');
  await page.locator('a[href*="/office/report?"]').first().click();
  await page.getByText('Mọi phiên bản đã gửi').waitFor();
  await check(page, 'report');
  ok('from a target down to a report and its revisions');
  await page.getByRole('link', { name: 'Các lần tổng hợp' }).click();
  await check(page, 'runs');
  await page.locator('tbody tr').last().getByRole('link').click();
  await page.getByRole('link', { name: 'Tính lại' }).click();
  await page.getByText('khớp với kết quả').waitFor();
  await check(page, 'run');
  ok('up to the run, which still follows from its reports');
  await page.getByRole('link', { name: 'Trang của buổi sáng hôm đó' }).click();
  await page.getByRole('note').filter({ hasText: 'Đây là số liệu của lần tổng hợp' }).waitFor();
  await check(page, 'today-earlier');
  await page.getByRole('link', { name: 'Đến lần tổng hợp mới nhất' }).click();
  await page.waitForURL((url) => !url.searchParams.has('run'));
  ok('the morning of an earlier run, and back to the latest');
  await page.locator('body > nav').getByRole('link', { name: 'Câu hỏi về số liệu' }).click();
  await page.getByRole('heading', { level: 1, name: 'Câu hỏi về số liệu' }).waitFor();
  await checkBoth(page, 'questions');
}

async function paper(page) {
  await page.goto(`${server}/office/today`);
  const path = shots && `${shots}/office-today.pdf`;
  const pdf = await page.pdf({ format: 'A4', ...(path ? { path } : {}) });
  const sheets = pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0;
  assert.ok(sheets >= 1 && sheets <= 8, `${sheets} sheets`);
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.locator('body > nav').isVisible(), false);
  await shoot(page, 'today-on-paper');
  await page.emulateMedia({ media: null });
  ok(`the page prints on ${sheets} sheets of A4, without its navigation`);
}

async function languageChanges(page) {
  await page.getByRole('link', { name: 'English' }).click();
  await page.getByText(/Of \d+ targets/).waitFor();
  await check(page, 'today-english');
  await page.getByRole('link', { name: 'Tiếng Việt' }).click();
  await page.getByText(/Trong \d+ chỉ tiêu/).waitFor();
  ok('the language changes on the page where it is chosen');
}

async function withoutScript() {
  const page = await open({ javaScriptEnabled: false });
  await signIn(page, 'leader');
  await page.getByText(/Trong \d+ chỉ tiêu/).waitFor();
  await page.locator('.box a').first().click();
  await page.getByRole('heading', { name: 'Ba góc nhìn tổ chức' }).waitFor();
  await page.getByRole('button', { name: 'Đăng xuất' }).click();
  await page.waitForURL(/sign-in/);
  await page.context().close();
  ok('everything is read without script, and the session ends');
}

async function administratorWorks(page) {
  await signIn(page, 'administrator');
  const title = (name) => page.getByRole('heading', { level: 1, name }).waitFor();
  for (const [link, name] of [['Tổ chức', 'organisation'], ['Thiết bị theo đơn vị', 'fleet'],
    ['Tài khoản', 'accounts'], ['Phiếu ghi danh', 'cards'],
    ['Khóa của cơ quan phối hợp', 'keys'], ['Biểu mẫu', 'report-forms'],
    ['Nhập tệp', 'imports'],
    ['Các phong trào', 'campaigns'], ['Công việc định kỳ', 'jobs'], ['Máy chủ', 'health']]) {
    await page.locator('body > nav').getByRole('link', { name: link, exact: true }).click();
    await title(link);
    await check(page, name);
  }
  await page.getByText('NO_BACKUP').waitFor();
  ok('an administrator opens each page, and hears what the server lacks');

  await page.goto(`${server}/office/accounts`);
  const attack = '<img src=x onerror=alert(1)>';
  await page.locator('#label').fill(attack);
  await page.locator('#unit').fill('dist-842');
  await page.locator('main .fields button').first().click();
  await title(`Tài khoản ${attack}`);
  await check(page, 'account');
  await page.getByRole('button', { name: 'Cấp mã' }).click();
  await page.getByText('chỉ hiện một lần').waitFor();
  await check(page, 'code');
  ok('an account gets a role and a code, and its name is text');

  await page.goto(`${server}/office/imports`);
  await page.getByLabel('Nội dung tệp').selectOption('grants');
  const table = (role) => Buffer.from(`account,role,unit\nhuyen-842-ban,${role},dist-842\n`);
  const choose = (name, buffer) =>
    page.locator('#files').setInputFiles({ name, mimeType: 'text/csv', buffer });
  await choose(`${attack}.csv`, table('NOBODY'));
  await page.getByRole('button', { name: 'Kiểm tra' }).click();
  await page.getByText('Bị từ chối; không có gì được ghi.').waitFor();
  await check(page, 'import-refused');
  await page.getByRole('link', { name: 'Chọn tệp khác' }).click();
  await page.getByLabel('Nội dung tệp').selectOption('grants');
  await choose('vai-tro.csv', table('REVIEWER'));
  await page.getByRole('button', { name: 'Kiểm tra' }).click();
  await page.getByText('Hợp lệ; chưa có gì được ghi.').waitFor();
  await check(page, 'import-checked');
  await page.getByRole('button', { name: 'Ghi những tệp này' }).click();
  await page.getByText('Đã ghi.').waitFor();
  ok('a file is checked line by line, then taken; its name is text');
}

/** An account with this role, and what makes a code for it. */
async function createAccount(page, label, role) {
  await page.goto(`${server}/office/accounts`);
  await page.locator('#label').fill(label);
  await page.locator('#role').selectOption(role);
  await page.locator('#unit').fill('dist-842');
  await page.locator('main .fields button').first().click();
  await page.getByRole('heading', { level: 1, name: `Tài khoản ${label}` }).waitFor();
  const address = page.url();
  return async () => {
    await page.goto(address);
    await page.getByRole('button', { name: 'Cấp mã' }).click();
    const code = await page.locator('main .lead code').innerText();
    const until = await page.getByText('Có hiệu lực đến').innerText();
    const [day, time] = until.match(/\d{4}-\d\d-\d\d|\d\d:\d\d/g);
    // The demo's clock stands still; a code lives ten minutes.
    return [code, Date.parse(`${day}T${time}:00+07:00`) - 600_000];
  };
}

/** Charts of the same style sheet have lines and no fill; a picture without fill shows nothing. */
async function pictureIsDrawn(page) {
  const path = page.getByRole('img', { name: 'Mã QR' }).first().locator('path');
  assert.equal(await path.evaluate((drawn) => getComputedStyle(drawn).fill), 'rgb(0, 0, 0)');
}

/** What an authenticator app shows for this secret at a time (RFC 6238). */
function appCode(secret, time) {
  const symbols = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret].map((one) => symbols.indexOf(one).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(time / 30_000)));
  const mac = createHmac('sha1', key).update(step).digest();
  const word = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;
  return String(word % 1_000_000).padStart(6, '0');
}

async function newcomerEnrols(administrator) {
  const password = 'mười lăm ký tự hay nhiều hơn';
  const makeCode = await createAccount(administrator, 'ban-moi', 'REVIEWER');
  const page = await open();
  await page.goto(`${server}/office/`);
  await page.getByRole('link', { name: 'Đặt mật khẩu' }).click();
  await page.getByLabel('Mã ghi danh').fill((await makeCode())[0]);
  await page.getByLabel('Mật khẩu mới').fill(password);
  await checkBoth(page, 'password');
  await page.locator('main button').click();
  await page.getByRole('link', { name: 'Đăng ký yếu tố xác thực' }).click();
  const [code, time] = await makeCode();
  await page.getByLabel('Mã ghi danh').fill('0000-0000-0000-0000');
  await page.getByRole('button', { name: 'Tiếp tục' }).click();
  await page.getByRole('alert').waitFor();
  await checkBoth(page, 'second-factor-code');
  await page.getByLabel('Mã ghi danh').fill(code);
  await page.getByRole('button', { name: 'Tiếp tục' }).click();
  await page.getByRole('img', { name: 'Mã QR' }).waitFor();
  await checkBoth(page, 'second-factor');
  await pictureIsDrawn(page);
  const secret = (await page.locator('#secret').innerText()).replaceAll(' ', '');
  await page.getByLabel('Mã sáu chữ số').fill(appCode(secret, time + 3_600_000));
  await page.locator('main button').click();
  await page.getByRole('alert').waitFor();
  assert.equal(await page.locator('#secret').count(), 0, 'the secret is shown once');
  await checkBoth(page, 'second-factor-refused');
  await page.getByLabel('Mã sáu chữ số').fill(appCode(secret, time));
  await page.locator('main button').click();
  await page.getByText('Đã đăng ký.').waitFor();
  await checkBoth(page, 'second-factor-enrolled');
  ok('a newcomer sets a password and enrols an app, each with a code');
  await ownSessions(page, ['ban-moi', password]);
}

async function ownSessions(page, person) {
  const other = await open({ javaScriptEnabled: false });
  for (const desk of [other, page]) await signInAs(desk, person);
  await page.getByRole('link', { name: 'Phiên của tôi' }).click();
  await page.getByText('phiên này').waitFor();
  assert.equal(await page.locator('tbody tr').count(), 2);
  await checkBoth(page, 'sessions');
  await page.getByRole('button', { name: 'Kết thúc mọi phiên khác' }).click();
  await page.getByText('Phiên đã kết thúc.').waitFor();
  await check(page, 'sessions-ended');
  await other.goto(`${server}/office/sessions`);
  assert.match(other.url(), /sign-in/);
  await page.locator('tbody').getByRole('button', { name: 'Đăng xuất' }).click();
  await page.waitForURL(/sign-in/);
  for (const desk of [other, page]) await desk.context().close();
  ok('a person sees the own sessions and ends the others, then the present one');
}

async function partnerGetsKey(page) {
  await createAccount(page, 'toa-an', 'PARTNER_READER');
  await page.goto(`${server}/office/keys`);
  await checkBoth(page, 'keys-form');
  await page.getByLabel('Chỉ mở đơn vị này').fill('com-00000-0');
  await page.getByRole('button', { name: 'Cấp khóa' }).click();
  await page.getByRole('alert').waitFor();
  await check(page, 'key-refused');
  await page.getByLabel('Chỉ mở đơn vị này').fill('');
  await page.getByRole('button', { name: 'Cấp khóa' }).click();
  await page.locator('#secret').waitFor();
  await checkBoth(page, 'key-issued');
  const secret = await page.locator('#secret').innerText();
  assert.ok(!page.url().includes(secret));
  await page.locator('main').getByRole('link', { name: 'Khóa của cơ quan phối hợp' }).click();
  assert.equal(await page.getByText(secret).count(), 0);
  ok('a partner gets a key, which is shown once');
}

/** The leader's page is open while the administrator lets the nightly job run. */
async function newsArrives(leader, administrator) {
  await leader.goto(`${server}/office/today`);
  await leader.waitForTimeout(1500);
  const run = () => leader.locator('footer dd').first().innerText();
  const before = await run();
  await administrator.goto(`${server}/office/jobs`);
  const job = administrator.locator('tr').filter({ hasText: 'aggregate' }).last();
  await job.getByRole('button', { name: 'Chạy ngay' }).click();
  await administrator.getByText('Công việc đã bắt đầu.').waitFor();
  const started = administrator.locator('tr', { hasText: 'aggregate' }).first();
  await started.getByText('hoàn thành').waitFor();
  const began = Date.now();
  await leader.waitForFunction(
    (old) => document.querySelector('footer dd')?.innerText !== old, before, { timeout: 20_000 });
  console.log(`     an open page shows a new run ${Date.now() - began} ms after its administrator`);
  await check(leader, 'today-after-news');
  ok('an open page learns of a new run by itself');
}

async function reviewerIsLed() {
  const page = await open();
  await signIn(page, 'reviewer');
  await page.locator('body > nav').getByRole('link', { name: 'Ứng dụng báo cáo' }).click();
  await page.waitForURL(/\/app\//);
  await page.context().close();
  ok('a reviewer is led to the field app');
}

async function nobodyFrames() {
  const page = await open();
  await page.setContent(`<iframe src="${server}/office/sign-in"></iframe>`);
  await page.waitForTimeout(1000);
  assert.equal(await page.frameLocator('iframe').locator('form').count(), 0);
  await page.context().close();
  ok('no other page can frame the office');
}

async function sessionEnds(page) {
  await page.getByRole('button', { name: 'Đăng xuất' }).click();
  await page.waitForURL(/sign-in/);
  await page.goto(`${server}/office/today`);
  assert.match(page.url(), /sign-in/);
  ok('after a sign-out every page asks for a sign-in');
}

let leader;
try {
  leader = await open();
  await leaderReads(leader);
  await paper(leader);
  await languageChanges(leader);
  await withoutScript();
  const administrator = await open();
  await administratorWorks(administrator);
  await partnerGetsKey(administrator);
  await newcomerEnrols(administrator);
  await newsArrives(leader, administrator);
  await reviewerIsLed();
  await nobodyFrames();
  await sessionEnds(leader);
  const others = [...asked].filter((origin) => origin !== server && origin !== 'null');
  assert.deepEqual(others, [], 'no other server is asked');
  assert.deepEqual(faults, [], 'nothing went wrong in a page');
} catch (failed) {
  for (const context of browser.contexts()) {
    for (const page of context.pages()) {
      await shoot(page, 'failed');
      console.error(page.url(), (await page.locator('body').innerText()).slice(0, 2000));
    }
  }
  console.error(faults);
  throw failed;
} finally {
  await browser.close();
}
