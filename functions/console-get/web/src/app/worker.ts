import { signal } from "@preact/signals"
import { NetworkError, OutdatedError } from "../api/problem"
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
    if (asked || isUnseen()) reload()
    else updateReady.value = true
  })
  document.addEventListener("visibilitychange", updateUnseen)
  addEventListener("vite:preloadError", () => void newVersion().then((script) => script && (updateReady.value = true)))
}

/** Returns the script of the server's pages if it is not that of this page, whose parts are gone then. */
async function newVersion(): Promise<string | undefined> {
  const page = await fetch(`/app/?${Date.now()}`, { cache: "no-store" }).catch(() => null) // the query leads past the worker
  const script = page?.ok ? /\/app\/assets\/index-[\w-]+\.js/.exec(await page.text())?.[0] : undefined
  return script && !document.querySelector(`script[src="${script}"]`) ? script : undefined
}

/** Handles a screen that did not load: takes the new version if the server has one, once for each. */
export async function screenMissing(cause: unknown): Promise<never> {
  const script = await newVersion()
  if (!script) throw new NetworkError(cause)
  if (sessionStorage.getItem("reloadedFor") === script) throw new OutdatedError("a new version", { cause })
  sessionStorage.setItem("reloadedFor", script)
  reload()
  return new Promise(() => {}) // until the page is gone
}

function offer(worker: ServiceWorker): void {
  waiting = worker
  updateReady.value = true
  updateUnseen()
}

/** A page that is hidden takes the new version by itself. */
function updateUnseen(): void {
  if (updateReady.peek() && isUnseen()) activateUpdate()
}

/** Whether the page is hidden and a reload loses nothing of it: drafts are stored, but not dialogs and the forms of sign-in. */
const isUnseen = (): boolean => document.visibilityState === "hidden" && !hasUnsavedDraft() && !document.querySelector("dialog[open]") && !isSigningIn()

/** Whether a code was sent or something is written in a form of sign-in, sign-up or reset. */
const isSigningIn = (): boolean => [...document.querySelectorAll<HTMLInputElement>(".account-form input")].some((input) => input.value !== "" || input.autocomplete === "one-time-code")

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
