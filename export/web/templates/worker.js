// Keeps the page's files, so that it works without network: what the network
// has comes first, so that no old model is shown for a new one.

const NAME = 'tfgen';

self.addEventListener('install', (event) => {
  event.waitUntil((async () => {
    const {files} = await (await fetch('./page.json')).json();
    const cache = await caches.open(NAME);
    await cache.addAll(['./', './page.json', ...files.map((f) => `./${f}`)]);
    await self.skipWaiting();
  })());
});

self.addEventListener('activate', (event) => {
  event.waitUntil(self.clients.claim());
});

self.addEventListener('fetch', (event) => {
  if (event.request.method !== 'GET') return;
  event.respondWith((async () => {
    const cache = await caches.open(NAME);
    try {
      const response = await fetch(event.request);
      if (response.ok) await cache.put(event.request, response.clone());
      return response;
    } catch (error) {
      const kept = await cache.match(event.request);
      if (kept) return kept;
      throw error;
    }
  })());
});
