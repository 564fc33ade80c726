// What the fake camera of a Chromium sees: a card with this text, as frames of raw video (Y4M).
import { createRequire } from 'node:module';
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const require = createRequire(`${process.env.THIDUA_NODE_MODULES}/`);
const WIDTH = 640;
const HEIGHT = 480;
const FRAMES = 5;
/** White modules around the picture. */
const QUIET = 4;

/** Brightness of the picture: 235 is white, 16 black. */
async function brightness(text) {
  const { encodeQR } = await import(pathToFileURL(require.resolve('qr')));
  const modules = encodeQR(text, 'raw', { ecc: 'low', border: QUIET });
  const scale = Math.floor(HEIGHT / modules.length);
  const [left, top] = [WIDTH, HEIGHT].map((side) => (side - scale * modules.length) >> 1);
  const plane = Buffer.alloc(WIDTH * HEIGHT, 235);
  for (const [y, row] of modules.entries()) {
    for (const [x, isDark] of row.entries()) {
      for (let line = 0; isDark && line < scale; line += 1) {
        const start = (top + y * scale + line) * WIDTH + left + x * scale;
        plane.fill(16, start, start + scale);
      }
    }
  }
  return plane;
}

/** Writes the video, which the fake camera repeats for ever. */
export async function film(path, text) {
  const colour = Buffer.alloc(WIDTH * HEIGHT / 2, 128);
  const frame = [Buffer.from('FRAME\n'), await brightness(text), colour];
  const head = Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420mpeg2\n`);
  writeFileSync(path, Buffer.concat([head, ...Array(FRAMES).fill(frame).flat()]));
}
