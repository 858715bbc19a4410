// The service worker: the console starts without a network, from the files of its build.
/** The paths of the build, which vite.config.ts inserts; their hashes make the version. */
declare const __FILES__: string[]
declare const __VERSION__: string

const worker = globalThis as unknown as ServiceWorkerGlobalScope
const cacheName = `console-${__VERSION__}`

worker.addEventListener("install", (event) => {
  event.waitUntil(caches.open(cacheName).then((cache) => cache.addAll(["/app/", ...__FILES__])))
})

worker.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name.startsWith("console-") && name !== cacheName).map((name) => caches.delete(name))))
      .then(() => worker.clients.claim()),
  )
})

worker.addEventListener("message", (event) => {
  if (event.data === "activate") void worker.skipWaiting()
})

worker.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url)
  if (event.request.method !== "GET" || url.origin !== location.origin || !url.pathname.startsWith("/app")) return // the API is never cached
  const isPage = event.request.mode === "navigate"
  event.respondWith(caches.match(isPage ? "/app/" : event.request).then((held) => held ?? fetch(event.request)))
})
