import { existsSync } from "node:fs"
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core"
import { expect } from "vitest"

export const password = "ticket-demo-2026"
export const seeded = { admin: "09120000001", agent: "09120000002", agent2: "09120000003", customer: "09120000004" } as const

export const apiUrl = (): string => process.env.API_URL!

/** Starts Debian's Chromium, or the one that CHROMIUM names. */
export function launch(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium"
  if (!existsSync(executablePath)) throw new Error(`${executablePath} is missing: apt-get install chromium, or set CHROMIUM`)
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] })
}

export interface Look {
  language?: "en" | "fa"
  width?: number
  height?: number
  theme?: "light" | "dark"
}

/** A browser of its own: cookies, storage, and the errors and violations of its pages. */
export interface Person {
  context: BrowserContext
  page: Page
  /** Console errors, uncaught exceptions, violations of the policy, requests to other origins. */
  faults: string[]
}

export async function person(browser: Browser, { language = "en", width = 1280, height = 800, theme = "light" }: Look = {}): Promise<Person> {
  const context = await browser.newContext({
    baseURL: apiUrl(), viewport: { width, height }, colorScheme: theme, locale: language === "fa" ? "fa-IR" : "en-GB", timezoneId: "Asia/Tehran", serviceWorkers: "allow",
  })
  await context.addInitScript((to) => localStorage.getItem("language") ?? localStorage.setItem("language", to), language)
  const page = await context.newPage()
  const faults: string[] = []
  const { hostname } = new URL(apiUrl())
  page.on("pageerror", (error) => faults.push(`uncaught: ${error.message}`))
  page.on("console", (message) => {
    // A refused request is part of many tests; its screen shows it.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource") && !message.text().includes("WebSocket")) faults.push(`console: ${message.text()}`)
  })
  page.on("request", (request) => {
    const url = new URL(request.url())
    if (url.protocol.startsWith("http") && url.hostname !== hostname) faults.push(`foreign request: ${request.url()}`)
  })
  await context.exposeBinding("reportViolation", (_, text: string) => void faults.push(`policy: ${text}`))
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => (globalThis as never as { reportViolation: (text: string) => void }).reportViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`))
  })
  return { context, page, faults }
}

/** Signs in over the API, which is quicker than the form. */
export async function signInOverApi({ context, page }: Person, phone: string, path = "/"): Promise<void> {
  const response = await context.request.post("/login", { data: { phone, password, session: "cookie" } })
  expect(response.status(), await response.text()).toBe(200)
  await page.goto(`/app${path}`)
  await page.locator("nav.rail").waitFor()
}

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

/** Creates a customer over the API and returns the phone number. */
export async function newCustomer(name: string): Promise<string> {
  const phone = newPhone()
  const headers = { "content-type": "application/json" }
  await fetch(`${apiUrl()}/otp`, { method: "POST", headers, body: JSON.stringify({ phone, purpose: "signup" }) })
  const response = await fetch(`${apiUrl()}/signup`, { method: "POST", headers, body: JSON.stringify({ phone, password, name, code: await codeFor(phone) }) })
  expect(response.status, await response.clone().text()).toBe(201)
  return phone
}
