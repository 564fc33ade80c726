// Keeps the app itself, so that it opens without a connection. No call of the service and no figure
// passes through here: they are the engine's.
const FILES = __FILES__;
const CACHE = 'thidua-app-' + __VERSION__;

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)));
});

self.addEventListener('activate', (event) => {
  const others = async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith('thidua-app-') && name !== CACHE) await caches.delete(name);
    }
    await self.clients.claim();
  };
  event.waitUntil(others());
});

// The page asks for it once a person has agreed to change to the new app.
self.addEventListener('message', (event) => {
  if (event.data === 'change') self.skipWaiting();
});

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || !url.pathname.startsWith('/app/')) return;
  const page = event.request.mode === 'navigate';
  const kept = async () => {
    const cache = await caches.open(CACHE);
    return (await cache.match(page ? './' : event.request)) ?? fetch(event.request);
  };
  event.respondWith(kept());
});
