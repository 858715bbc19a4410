import { signal } from "@preact/signals"
import { hasUnsavedDraft, saveDrafts } from "../drafts/drafts"

/** Whether a new version waits. */
export const updateReady = signal(false)
let waiting: ServiceWorker | null = null
let asked = false
let reloading = false

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
  let controlled = navigator.serviceWorker.controller !== null
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (!controlled) return void (controlled = true) // the first worker changes nothing
    waiting = null
    // Another page has taken the new version; this one is not reloaded under the hands of its reader.
    if (asked || document.visibilityState === "hidden") reload()
    else updateReady.value = true
  })
  document.addEventListener("visibilitychange", updateUnseen)
  // A part of the old version, which is gone.
  addEventListener("vite:preloadError", () => updateReady.peek() && reload())
}

function offer(worker: ServiceWorker): void {
  waiting = worker
  updateReady.value = true
  updateUnseen()
}

/** A page that nobody looks at takes the new version by itself. */
function updateUnseen(): void {
  if (document.visibilityState === "hidden" && updateReady.peek() && !hasUnsavedDraft()) activateUpdate()
}

/** Takes the new version: its worker first, then its page. */
export function activateUpdate(): void {
  asked = true
  if (waiting) waiting.postMessage("activate")
  else reload()
}

function reload(): void {
  if (reloading) return
  reloading = true
  void saveDrafts().catch(() => {}).finally(() => location.reload()) // what could not be stored is rescued at pagehide
}
