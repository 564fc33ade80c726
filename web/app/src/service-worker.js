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

/** What the app keeps for reminders; nothing if it has never run here. */
function readReminder() {
  return new Promise((resolve) => {
    const request = indexedDB.open('thidua');
    // Only the app makes its database.
    request.onupgradeneeded = () => request.transaction.abort();
    request.onerror = () => resolve(undefined);
    request.onsuccess = () => {
      const asked = request.result.transaction('choices').objectStore('choices').get('reminder');
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => resolve(undefined);
    };
  });
}

/** Days since 1970 in Viet Nam, where all reports are due. */
const today = () => Math.floor((Date.now() + 7 * 3_600_000) / 86_400_000);

/** Says how many reports are due: no figure, no unit. */
async function remind() {
  const reminder = await readReminder();
  const count = reminder?.lastDays.filter((day) => day <= today()).length ?? 0;
  if (count === 0) return;
  const body = reminder.body.replace('{count}', count);
  await self.registration.showNotification(reminder.title, { body, tag: 'due', icon: 'icon.svg' });
}

self.addEventListener('periodicsync', (event) => {
  if (event.tag === 'due') event.waitUntil(remind());
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const open = async () => {
    const [page] = await self.clients.matchAll({ type: 'window' });
    return page ? page.focus() : self.clients.openWindow('./');
  };
  event.waitUntil(open());
});
