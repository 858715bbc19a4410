// The service worker: the console starts without a network, from the files of its build.
/** The paths of the build, which vite.config.ts inserts; their hashes and that of the page make the version. */
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

/** What pkg/notification sends to a browser. */
interface PushMessage {
  notificationId: string
  ticketId?: string
  title: string
  body?: string
  lang?: string
  dir?: NotificationDirection
}

// The same tag as that of the page (alerts/alert.ts), so that a message appears once. Another message of
// the ticket replaces it, and sounds only with renotify.
worker.addEventListener("push", (event) => {
  const { notificationId, ticketId, title, body, lang, dir } = event.data!.json() as PushMessage
  const show = async () => {
    if (await isViewed(ticketId)) return
    const tag = ticketId ?? notificationId
    const shown = await worker.registration.getNotifications({ tag })
    const renotify = shown.length > 0 && shown.every(({ data }) => (data as { id: string }).id !== notificationId)
    await worker.registration.showNotification(title, { ...(body ? { body } : {}), ...(lang ? { lang } : {}), dir: dir ?? "auto", tag, renotify, icon: "/app/icon.svg", data: { id: notificationId, ticketId } } as NotificationOptions)
  }
  event.waitUntil(show())
})

async function isViewed(ticketId: string | undefined): Promise<boolean> {
  const windows = await worker.clients.matchAll({ type: "window" })
  return windows.some((page) => page.focused && ticketId !== undefined && page.url.includes(ticketId))
}

worker.addEventListener("notificationclick", (event) => {
  event.notification.close()
  const { ticketId } = (event.notification.data ?? {}) as { ticketId?: string }
  event.waitUntil(open(ticketId ? `/app/tickets/${ticketId}` : "/app/notifications"))
})

/** Shows a screen in a page that is open, which keeps its state, or in a new one. */
async function open(path: string): Promise<void> {
  const [page] = await worker.clients.matchAll({ type: "window" })
  if (!page) return void (await worker.clients.openWindow(path))
  page.postMessage({ open: path })
  await page.focus()
}
