// The browser's engine in Node.js, driven by a test: node engine_host.mjs PKG DIRECTORY
//
// A line in:  {"now": ms, "uptime": ms, "name": method, "args": [..], "random": base64?}
// A line out: {"value": ..} or {"error": what the engine threw}
//
// Bytes cross as {"base64": ..}. `now` and `uptime` are the clocks that the engine reads during this
// call, `random` are the first random bytes that it draws. The method `open` opens the replica;
// `close` closes it.
import { generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { providePrivateFiles } from './private_files.mjs';

const REPLICA = 'file:phone.db?vfs=opfs-sahpool';
const [pkg, directory] = process.argv.slice(2);

let now = 0;
let uptime = 0;
Date.now = () => now;
performance.now = () => uptime;

let random = Buffer.alloc(0);
const drawRandom = crypto.getRandomValues.bind(crypto);
crypto.getRandomValues = (into) => {
  drawRandom(into);
  const given = random.subarray(0, into.length);
  into.set(given);
  random = random.subarray(given.length);
  return into;
};

providePrivateFiles(directory);
const { initSync, Files, Engine } = await import(pathToFileURL(join(pkg, 'engine.js')).href);
initSync({ module: readFileSync(join(pkg, 'engine_bg.wasm')) });
await Files.install();

// The page's key, which WebCrypto keeps in a browser.
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** The key as an uncompressed point, as WebCrypto exports it. */
function publicPoint() {
  const { x, y } = publicKey.export({ format: 'jwk' });
  return Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
}

let engine;
const own = {
  open() {
    engine = new Engine(REPLICA);
  },
  close() {
    engine.free();
  },
  enrol(invitation) {
    const point = publicPoint();
    const bytes = engine.enrolment_bytes_to_sign(invitation, point);
    const signature = sign('sha256', bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    return engine.enrol_request(point, signature);
  },
};

function taken(argument) {
  if (argument === null || typeof argument !== 'object') return argument ?? undefined;
  if ('base64' in argument) return new Uint8Array(Buffer.from(argument.base64, 'base64'));
  throw new Error(`no argument: ${JSON.stringify(argument)}`);
}

function given(value) {
  if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString('base64') };
  return value ?? null;
}

function run(line) {
  const call = JSON.parse(line);
  now = call.now;
  uptime = call.uptime;
  random = Buffer.from(call.random ?? '', 'base64');
  const args = call.args.map(taken);
  try {
    const method = own[call.name] ?? engine[call.name].bind(engine);
    return { value: given(method(...args)) };
  } catch (error) {
    // What the engine refuses is a text; anything else is a fault of the engine or of this file.
    if (typeof error === 'string') return { error };
    throw error;
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(run(line))}\n`);
}
