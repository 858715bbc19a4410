import { existsSync } from "node:fs"
import { request } from "node:http"
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core"
import { afterEach, expect } from "vitest"
import type { Network } from "./network"

export const password = "ticket-demo-2026"
export const seeded = { admin: "09120000001", agent: "09120000002", agent2: "09120000003", customer: "09120000004" } as const

export const apiUrl = (): string => process.env.API_URL!

const options = () => {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium"
  if (!existsSync(executablePath)) throw new Error(`${executablePath} is missing: apt-get install chromium, or set CHROMIUM`)
  return { executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] }
}

/** Starts Debian's Chromium, or the one that CHROMIUM names. */
export const launch = (): Promise<Browser> => chromium.launch(options())

/** Starts it with a profile on the disk, which outlives it. */
export const launchProfile = (folder: string): Promise<BrowserContext> => chromium.launchPersistentContext(folder, { ...options(), baseURL: apiUrl(), locale: "en-GB", viewport: { width: 1280, height: 800 } })

export interface Look {
  language?: "en" | "fa"
  width?: number
  height?: number
  theme?: "light" | "dark"
  /** Whether a service worker may answer instead of the network. */
  worker?: boolean
  /** The network between the browser and the stack. */
  network?: Network
}

/** A browser of its own: cookies, storage, and the errors and violations of its pages. */
export interface Person {
  context: BrowserContext
  page: Page
  language: "en" | "fa"
  /** Console errors, uncaught exceptions, violations of the policy, requests to other origins: in all tabs. */
  faults: string[]
}

// Whoever takes part in a test meets no fault, whether the test asks or not, and leaves after it.
const all: string[][] = []
const watched = (faults: string[]) => (all.push(faults), faults)
const contexts: BrowserContext[] = []
afterEach(async () => {
  await Promise.all(contexts.splice(0).map((context) => context.close()))
  expect(all.splice(0).flat()).toEqual([])
})

// A refused request is part of many tests, whose screens show it. Pages of tests are incognito, so
// they reach no push service.
const expected = ["Failed to load resource", "WebSocket", "Push API in incognito mode"]

export async function person(browser: Browser, { language = "en", width = 1280, height = 800, theme = "light", worker = true, network }: Look = {}): Promise<Person> {
  const context = await browser.newContext({
    baseURL: apiUrl(), viewport: { width, height }, colorScheme: theme, locale: language === "fa" ? "fa-IR" : "en-GB", timezoneId: "Asia/Tehran", serviceWorkers: worker ? "allow" : "block",
    ...(network ? { proxy: { server: network.url } } : {}),
  })
  contexts.push(context)
  await context.addInitScript((to) => {
    if (location.protocol !== "about:" && !localStorage.getItem("language")) localStorage.setItem("language", to)
  }, language)
  const faults = watched([])
  const { hostname } = new URL(apiUrl())
  context.on("weberror", (error) => faults.push(`uncaught: ${error.error().message}`))
  context.on("console", (message) => {
    if (message.type() === "error" && !expected.some((part) => message.text().includes(part))) faults.push(`console: ${message.text()}`)
  })
  context.on("request", (request) => {
    const url = new URL(request.url())
    if (url.protocol.startsWith("http") && url.hostname !== hostname) faults.push(`foreign request: ${request.url()}`)
  })
  await context.exposeBinding("reportViolation", (_, text: string) => void faults.push(`policy: ${text}`))
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => (globalThis as never as { reportViolation: (text: string) => void }).reportViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`))
  })
  return { context, page: await context.newPage(), language, faults }
}

/** A name or a number as sentences of the console have it. */
export const isolated = (text: string): string => `\u2068${text}\u2069`

/** Makes a page hidden or shown; Chromium without a screen shows every page. */
export const setVisible = (page: Page, visible: boolean): Promise<void> =>
  page.evaluate((state) => {
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state })
    document.dispatchEvent(new Event("visibilitychange"))
  }, visible ? "visible" : "hidden")

/** Gives a browser a session, and its language to the profile: the console shows that one. */
export async function logInOverApi(context: BrowserContext, phone: string, language = "en"): Promise<void> {
  const response = await context.request.post("/login", { data: { phone, password, session: "cookie" } })
  expect(response.status(), await response.text()).toBe(200)
  const { user, csrfToken } = (await response.json()) as { user: { locale: string }; csrfToken: string }
  if (user.locale !== language) await context.request.patch("/profile", { data: { locale: language }, headers: { "x-csrf-token": csrfToken } })
}

/** Signs in over the API, which is quicker than the form. */
export async function signInOverApi({ context, page, language }: Person, phone: string, path = "/"): Promise<void> {
  await logInOverApi(context, phone, language)
  await page.goto(`/app${path}`)
  await page.locator("nav.rail").waitFor()
}

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
export const newId = (): string => `01${Array.from({ length: 24 }, () => alphabet[Math.floor(Math.random() * 32)]).join("")}`

export type Call = <T = unknown>(method: string, path: string, body?: unknown) => Promise<T>

/** Signs in without a browser, and returns what calls the API as this user. */
export async function caller(phone: string): Promise<Call> {
  const headers: Record<string, string> = { "content-type": "application/json" }
  const call: Call = async (method, path, body) => {
    const send = () => fetch(apiUrl() + path, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) })
    let response = await send()
    for (let tries = 0; response.status >= 500 && tries < 3; tries++) response = await send() // a function that ran out of time on a busy machine
    const text = await response.text()
    expect(response.ok, `${method} ${path}: ${response.status} ${text}`).toBe(true)
    return (text ? JSON.parse(text) : null) as never
  }
  const { accessToken } = await call<{ accessToken: string }>("POST", "/login", { phone, password })
  headers.authorization = `Bearer ${accessToken}`
  return call
}

/** Opens a ticket over the API. */
export async function openTicketAs(call: Call, title: string): Promise<{ id: string; number: string }> {
  const { data } = await call<{ data: { id: string }[] }>("GET", "/categories")
  return call("POST", "/tickets", { clientId: newId(), title, description: `${title}: please help`, categoryId: data[0]!.id })
}

/** Writes a message over the API. */
export const writeAs = (call: Call, ticketId: string, body: string): Promise<{ seq: number }> => call("POST", `/tickets/${ticketId}/messages`, { clientId: newId(), body })

/** Stores a whole log on the device of the signed-in user. */
export const storeLog = (page: Page, ticketId: string, entries: object[]): Promise<void> =>
  page.evaluate(
    async ([ticketId, entries]) => {
      const name = (await indexedDB.databases()).find((each) => each.name!.startsWith("console-"))!.name!
      const db = await new Promise<IDBDatabase>((resolve) => {
        const request = indexedDB.open(name)
        request.onsuccess = () => resolve(request.result)
      })
      const tx = db.transaction(["entries", "logs"], "readwrite")
      for (const entry of entries) tx.objectStore("entries").put(entry)
      tx.objectStore("logs").put({ ticketId, syncedTo: entries.length, oldest: 1, complete: true, usedAt: Date.now() })
      await new Promise((resolve) => (tx.oncomplete = resolve))
      db.close()
    },
    [ticketId, entries] as const,
  )

let made = 0

/** A phone number that no other test uses. */
export const newPhone = (): string => `0912${String(1_000_000 + ((Date.now() + 7919 * made++) % 8_999_999)).slice(0, 7)}`

/** Waits for the code that was sent to a number and returns it. */
export async function codeFor(phone: string): Promise<string> {
  const to = `+98${phone.slice(1)}`
  for (let i = 0; i < 240; i++) {
    const response = await fetch(`${apiUrl()}/_local/outbox?channel=sms&to=${encodeURIComponent(to)}`)
    const { data } = (await response.json()) as { data: { body: string }[] }
    const code = /\d{6}/.exec(data[0]?.body ?? "")
    if (code) return code[0]
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  throw new Error(`no code for ${phone}`)
}

/** Sends JSON from another address than that of the browser, which may then ask for a code too. */
const postFromElsewhere = (path: string, body: object): Promise<void> =>
  new Promise((resolve, reject) => {
    const options = { method: "POST", family: 4, localAddress: "127.0.0.7", headers: { "content-type": "application/json" } }
    request(`${apiUrl()}${path}`, options, (response) => response.resume().on("end", resolve)).on("error", reject).end(JSON.stringify(body))
  })

/** Creates a customer over the API and returns the phone number. */
export async function newCustomer(name: string, language = "en"): Promise<string> {
  const phone = newPhone()
  const headers = { "content-type": "application/json", "accept-language": language }
  await postFromElsewhere("/otp", { phone, purpose: "signup" })
  const response = await fetch(`${apiUrl()}/signup`, { method: "POST", headers, body: JSON.stringify({ phone, password, name, code: await codeFor(phone) }) })
  expect(response.status, await response.clone().text()).toBe(201)
  return phone
}
