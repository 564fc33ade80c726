// The replica in a browser's private files against that of a native phone of the same unit, row by
// row.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { ok, openBrowser } from './lib.mjs';

const { THIDUA_ADDRESS: server, THIDUA_HOME: home, THIDUA_ROWS: rowsFile } = process.env;

/** Asks the engine's worker beside the page, in the page's own words. */
function ask(worker, name) {
  return worker.evaluate((operation) => new Promise((resolve, reject) => {
    const post = self.postMessage.bind(self);
    self.postMessage = (message) => {
      if (message.id !== 'test') return post(message);
      self.postMessage = post;
      if (message.error) return reject(new Error(JSON.stringify(message.error)));
      return resolve(message.value);
    };
    self.onmessage({ data: { id: 'test', name: operation, args: [] } });
  }), name);
}

function hex(bytes) {
  return Buffer.from(bytes).toString('hex');
}

async function compareRows() {
  const { context, page } = await openBrowser(`${home}/week`);
  try {
    const workers = page.waitForEvent('worker');
    await page.goto(`${server}/app/`);
    const worker = await workers;
    await page.locator('header').waitFor();
    assert.equal((await ask(worker, 'sync')).outcome, 'done');
    const records = await ask(worker, 'records');
    const row = ([kind, id, revision, bytes]) => `${kind}|${hex(id)}|${revision}|${hex(bytes)}`;
    const here = records.map(row);
    const native = readFileSync(rowsFile, 'utf8').trim().split('\n');
    assert.ok(native.length > 100, `a native replica has only ${native.length} records`);
    assert.deepEqual(here.sort(), native.sort());
    ok(`${here.length} records are those of a native phone, byte for byte`);
  } finally {
    await context.close();
  }
}

await compareRows();
