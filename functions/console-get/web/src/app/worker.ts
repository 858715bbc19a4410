import { signal } from "@preact/signals"
import { hasUnsavedDraft } from "../drafts/drafts"

/** Whether a new version waits. */
export const updateReady = signal(false)
let waiting: ServiceWorker | null = null

interface ScriptPolicy {
  createScriptURL: (url: string) => string
}

/** Registers the service worker. The URL needs the one Trusted Types policy of the console. */
export function registerWorker(): void {
  if (!("serviceWorker" in navigator)) return
  const types = (globalThis as { trustedTypes?: { createPolicy: (name: string, policy: ScriptPolicy) => ScriptPolicy } }).trustedTypes
  const policy = types?.createPolicy("console", { createScriptURL: (url) => url })
  const url = "/app/sw.js"
  void navigator.serviceWorker
    .register(policy?.createScriptURL(url) ?? url, { scope: "/app/" })
    .then((registration) => {
      const watch = (worker: ServiceWorker | null) => worker?.addEventListener("statechange", () => worker.state === "installed" && navigator.serviceWorker.controller && offer(worker))
      if (registration.waiting && navigator.serviceWorker.controller) offer(registration.waiting)
      registration.addEventListener("updatefound", () => watch(registration.installing))
      setInterval(() => void registration.update().catch(() => {}), 60 * 60_000)
    })
    .catch(() => {}) // the console works without it, but not offline after a reload
  let reloading = false
  const controlled = navigator.serviceWorker.controller !== null
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (!controlled || reloading) return // the first worker changes nothing
    reloading = true
    location.reload()
  })
  // A page that nobody looks at takes the new version by itself.
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && updateReady.peek() && !hasUnsavedDraft() && activateUpdate())
}

function offer(worker: ServiceWorker): void {
  waiting = worker
  updateReady.value = true
}

export const activateUpdate = (): void => waiting?.postMessage("activate")
