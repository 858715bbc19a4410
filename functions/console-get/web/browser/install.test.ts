import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { customerWithTicket } from "./api"
import { apiUrl, launch, person, setVisible, signInOverApi } from "./console"
import { Network } from "./network"

let browser: Browser
beforeAll(async () => void (browser = await launch()))
afterAll(() => browser.close())

const worker = (page: Page) => page.evaluate(() => navigator.serviceWorker.ready.then(() => {}))
const field = (page: Page) => page.getByLabel("Write a message")

test("29 the console is installed from its menu and starts offline; an update keeps the draft", async () => {
  const network = await Network.start()
  const { phone, ticket } = await customerWithTicket("Installed")
  const someone = await person(browser, { network })
  await signInOverApi(someone, phone, `/tickets/${ticket.id}`)
  const { page, context } = someone
  await page.locator(".bubble", { hasText: "please help" }).waitFor()
  await worker(page)

  const devtools = await context.newCDPSession(page)
  const manifest = await devtools.send("Page.getAppManifest")
  expect(manifest.errors).toEqual([])
  expect(JSON.parse(manifest.data!)).toMatchObject({ start_url: "/app/", display: "standalone", icons: [{ src: "/app/icon.svg" }] })
  // Chromium without a screen makes no offer by itself.
  await page.evaluate(() => dispatchEvent(Object.assign(new Event("beforeinstallprompt", { cancelable: true }), { prompt: () => (document.documentElement.dataset.prompted = "yes") })))
  await page.getByRole("button", { name: /Sara/ }).click()
  await page.getByRole("menuitem", { name: "Install the app" }).click()
  expect(await page.getAttribute("html", "data-prompted")).toBe("yes")

  network.cut()
  const icon = await context.newPage()
  await icon.goto("/app/")
  await icon.getByRole("link", { name: /Installed/ }).click()
  await icon.locator(".bubble", { hasText: "please help" }).waitFor()
  await icon.close()
  network.restore()

  // A new version of the worker: the same file with another name of its cache.
  const script = await (await fetch(`${apiUrl()}/app/sw.js`)).text()
  const name = /console-[0-9a-f]{12}/.exec(script)?.[0] ?? /[0-9a-f]{12}/.exec(script)![0]
  network.rewrites = [[name, `${name.slice(0, -12)}${"0".repeat(12)}`], ["If-None-Match", "X-None-Match-"]]
  await field(page).fill("half a sen")
  await page.evaluate(() => navigator.serviceWorker.ready.then((registration) => registration.update()).then(() => {}))
  await page.getByText("New version").waitFor({ timeout: 60_000 })
  await page.evaluate(() => (document.documentElement.dataset.old = "yes"))
  // Hidden between a key and the storing of the draft, the page does not reload itself.
  await page.evaluate(() => {
    const text = document.querySelector<HTMLTextAreaElement>(".composer-text")!
    text.value = "half a sentence"
    text.dispatchEvent(new Event("input", { bubbles: true }))
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => "hidden" })
    document.dispatchEvent(new Event("visibilitychange"))
  })
  await setVisible(page, true)
  expect(await page.getAttribute("html", "data-old")).toBe("yes")
  await page.getByRole("button", { name: "Reload" }).click()
  await expect.poll(() => page.getAttribute("html", "data-old").catch(() => "yes"), { timeout: 60_000 }).toBeNull()
  await expect.poll(() => field(page).inputValue(), { timeout: 60_000 }).toBe("half a sentence")
  expect(await page.evaluate(() => caches.keys())).toEqual([expect.stringContaining("0".repeat(12))])
  network.close()
})

test("a screen of a version that was replaced on the server: the page takes the new version and shows the screen", async () => {
  const { phone } = await customerWithTicket("Replaced")
  const { page, context } = await signedIn(phone)
  let replaced = true
  await context.route("**/app/assets/profile-*", (route) => (replaced ? route.fulfill({ status: 404 }) : route.continue()))
  await context.route("**/app/?*", (route) => route.fulfill({ contentType: "text/html", body: '<script type="module" src="/app/assets/index-newer123.js"></script>' }))
  await context.route("**/app/profile", (route) => {
    if (route.request().isNavigationRequest()) replaced = false
    return route.continue()
  })
  await page.getByRole("button", { name: /Sara/ }).click()
  await page.getByRole("menuitem", { name: "Profile" }).click()
  await page.getByRole("heading", { name: "Profile" }).waitFor({ timeout: 60_000 })
  expect(replaced).toBe(false)

  replaced = true // and of the same version again: no second reload by itself
  await page.getByRole("link", { name: "Tickets" }).click()
  await context.unroute("**/app/profile")
  await page.reload()
  await page.getByRole("button", { name: /Sara/ }).click()
  await page.getByRole("menuitem", { name: "Profile" }).click()
  await page.getByRole("heading", { name: "A new version is ready" }).waitFor({ timeout: 60_000 })
  replaced = false
  await page.getByRole("main").getByRole("button", { name: "Reload" }).click()
  await page.getByRole("heading", { name: "Profile" }).waitFor({ timeout: 60_000 })
})

async function signedIn(phone: string) {
  const someone = await person(browser, { worker: false })
  await signInOverApi(someone, phone, "/tickets")
  return someone
}
