// A server before the server, with its certificate: hands on every request, and can give a newer
// service worker than the program holds, as the next release does.
import { readFileSync } from 'node:fs';
import https from 'node:https';
import { brotliDecompressSync } from 'node:zlib';

/** Starts it on a free port; after `release()` its service worker is a newer one. */
export async function startProxy(upstream, tls) {
  const { hostname, port } = new URL(upstream);
  const agent = new https.Agent({ ca: readFileSync(`${tls}/ca.pem`), keepAlive: true });
  let release = 0;
  const answerNewer = async (answer, response) => {
    const pieces = [];
    for await (const piece of answer) pieces.push(piece);
    const script = brotliDecompressSync(Buffer.concat(pieces)).toString();
    const { 'content-encoding': _, 'content-length': __, etag, ...headers } = answer.headers;
    response.writeHead(200, headers);
    response.end(script.replace(/(thidua-app-' \+ ")/, `$1release-${release}-`));
  };
  const handle = (request, response) => {
    const { url: path, method } = request;
    const isNewer = release > 0 && path === '/app/sw.js';
    // A browser that has the earlier one asks whether it changed.
    const { 'if-none-match': _, ...others } = request.headers;
    const headers = isNewer ? others : request.headers;
    const onward = https.request({ hostname, port, path, method, headers, agent }, (answer) => {
      if (isNewer) {
        void answerNewer(answer, response);
        return;
      }
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
      answer.on('end', () => response.addTrailers(answer.trailers));
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  };
  const [cert, key] = ['server.pem', 'server.key'].map((name) => readFileSync(`${tls}/${name}`));
  const server = https.createServer({ cert, key }, handle);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `https://127.0.0.1:${server.address().port}`,
    release: () => {
      release += 1;
    },
    close: () => {
      server.closeAllConnections();
      server.close();
      agent.destroy();
    },
  };
}
