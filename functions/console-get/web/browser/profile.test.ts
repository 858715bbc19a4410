import { readFileSync } from "node:fs"
import type { Browser, BrowserContext, Page } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { apiUrl, caller, codeFor, launch, newCustomer, openTicketAs, type Person, person, seeded, setVisible, signInOverApi, writeAs } from "./console"

let browser: Browser
beforeAll(async () => void (browser = await launch()))
afterAll(() => browser.close())

/** Signs a new customer in and shows the profile. */
async function atProfile(name: string): Promise<Person & { phone: string }> {
  const phone = await newCustomer(name)
  const customer = await person(browser)
  await signInOverApi(customer, phone, "/profile")
  await customer.page.getByRole("heading", { name: "Your data" }).waitFor()
  return { ...customer, phone }
}

test("all data of a user is one file", async () => {
  const { page, phone, faults } = await atProfile("Sara Ahmadi")
  const download = page.waitForEvent("download", { timeout: 120_000 })
  await page.getByRole("button", { name: "Download my data" }).click()
  const file = await download
  expect(file.suggestedFilename()).toMatch(/^export-\d{4}-\d\d-\d\d\.json$/)
  const data = JSON.parse(readFileSync(await file.path(), "utf8")) as { profile: { phone: string }; complete: boolean }
  expect(data.complete).toBe(true)
  expect(data.profile.phone).toBe(`+98${phone.slice(1)}`)
  expect(faults).toEqual([])
})

test("a deleted account is signed out and cannot sign in", async () => {
  const { page, context, phone, faults } = await atProfile("Leila Moradi")
  await page.getByRole("button", { name: "Delete my account" }).click()
  const dialog = page.getByRole("dialog")
  const before = await codeFor(phone)
  await dialog.getByRole("button", { name: "Send the code" }).click()
  await dialog.getByLabel("Code", { exact: true }).waitFor()
  await expect.poll(() => codeFor(phone), { timeout: 60_000 }).not.toBe(before)
  await dialog.getByLabel("Code", { exact: true }).fill(await codeFor(phone))
  await dialog.getByRole("button", { name: "Delete my account" }).click()
  await page.getByRole("heading", { name: "Sign in to support" }).waitFor()
  expect(await databases(page)).toEqual([])
  const response = await context.request.post("/login", { data: { phone, password: "ticket-demo-2026", session: "cookie" } })
  expect(response.status()).toBe(401)
  expect(faults).toEqual([])
})

test("each new picture is shown at once", async () => {
  const { page, faults } = await atProfile("Sara Ahmadi")
  for (const [name, color] of [["red", [255, 0, 0]], ["blue", [0, 0, 255]]] as const) {
    const picture = await page.evaluate((fill) => {
      const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 64 })
      const context = canvas.getContext("2d")!
      context.fillStyle = fill
      context.fillRect(0, 0, 64, 64)
      return canvas.toDataURL("image/png").split(",")[1]!
    }, name)
    await page.locator("input[type=file]").setInputFiles({ name: `${name}.png`, mimeType: "image/png", buffer: Buffer.from(picture, "base64") })
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click()
    await page.getByRole("dialog").waitFor({ state: "detached", timeout: 60_000 })
    await expect.poll(() => centre(page, ".profile-picture img"), { timeout: 60_000 }).toSatisfy((seen: number[]) => color.every((part, i) => Math.abs(part - seen[i]!) < 12))
  }
  expect(faults).toEqual([])
})

/** The colour in the middle of an element, as it is on the screen. */
async function centre(page: Page, selector: string): Promise<number[]> {
  const shot = (await page.locator(selector).screenshot()).toString("base64")
  return page.evaluate(async (png) => {
    const image = await createImageBitmap(new Blob([Uint8Array.from(atob(png), (char) => char.charCodeAt(0))]))
    const context = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height }).getContext("2d")!
    context.drawImage(image, 0, 0)
    return Array.from(context.getImageData(image.width / 2, image.height / 2, 1, 1).data.slice(0, 3))
  }, shot)
}

const databases = (page: Page) => page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name))

test("a push message is one notification of its ticket", async () => {
  const customer = await person(browser)
  const { page, context, faults } = customer
  await context.grantPermissions(["notifications"], { origin: new URL(apiUrl()).origin })
  await signInOverApi(customer, await newCustomer("Nima Rad"), "/profile")
  await page.getByRole("button", { name: "Switch on" }).click()
  await page.getByRole("button", { name: "Switch off" }).waitFor()
  const deliver = await pushService(context, page)
  const message = { ticketId: "01JD0YJ5S8Q1V3W0X7B2N4M6K8", title: "New reply to HFQ2-WNF8", lang: "en", dir: "ltr" }
  for (const [notificationId, title] of [["01JD0YQ4T6V8W0X2Y4Z6A8B0CD", message.title], ["01JD0YQ4T6V8W0X2Y4Z6A8B0CE", "Another reply to HFQ2-WNF8"]]) {
    const seen = async () => {
      await deliver({ ...message, notificationId, title }) // a push service repeats what was not taken
      return shown(page)
    }
    await expect.poll(seen, { timeout: 30_000, interval: 1_000 }).toEqual([{ title, tag: message.ticketId }])
  }
  await page.getByRole("button", { name: "Switch off" }).click()
  await page.getByRole("button", { name: "Switch on" }).waitFor()
  expect(faults).toEqual([])
})

const shown = (page: Page) =>
  page.evaluate(async () => (await (await navigator.serviceWorker.ready).getNotifications()).map(({ title, tag }) => ({ title, tag })))

/** Delivers messages to the service worker as a push service does. */
async function pushService(context: BrowserContext, page: Page): Promise<(message: object) => Promise<void>> {
  const session = await context.newCDPSession(page)
  const registered = new Promise<string>((resolve) =>
    session.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => registrations[0] && resolve(registrations[0].registrationId)),
  )
  await session.send("ServiceWorker.enable")
  const registrationId = await registered
  return async (message) => void (await session.send("ServiceWorker.deliverPushMessage", { origin: new URL(apiUrl()).origin, registrationId, data: JSON.stringify(message) }))
}

test("a reply rings and notifies once, although two tabs are open and hidden", async () => {
  const customer = await person(browser)
  const { page, context, faults } = customer
  await context.grantPermissions(["notifications"], { origin: new URL(apiUrl()).origin })
  await countRings(context)
  const phone = await newCustomer("Kian Azad")
  await signInOverApi(customer, phone, "/profile")
  await page.getByRole("button", { name: "Switch on" }).click()
  await page.getByRole("button", { name: "Switch off" }).waitFor()
  const { id } = await openTicketAs(await caller(phone), "Where is my parcel?")
  const second = await context.newPage()
  await second.goto("/app/tickets")
  await second.locator("nav.rail").waitFor()
  for (const tab of [page, second]) await setVisible(tab, false)
  const agent = await person(browser)
  await signInOverApi(agent, seeded.agent, `/inbox/all/${id}`)
  await agent.page.getByRole("textbox", { name: /Reply to/ }).fill("It is on its way.")
  await agent.page.keyboard.press("Control+Enter")
  await expect.poll(async () => (await shown(page)).length, { timeout: 60_000 }).toBe(1)
  await expect.poll(() => rings(page, second), { timeout: 30_000 }).toBe(2) // two tones
  expect(faults).toEqual([])
})

test("a new ticket rings once for an agent who wants that, a later message of it does not", async () => {
  const agent = await person(browser)
  await agent.context.addInitScript(() => localStorage.setItem("sound", "all"))
  await countRings(agent.context)
  const subscribed = new Promise<void>((resolve) => agent.page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => /"type":"subscribed".*"queue"/.test(String(payload)) && resolve())))
  await signInOverApi(agent, seeded.agent, "/inbox/unassigned")
  await subscribed
  const call = await caller(await newCustomer("Arash Nouri"))
  const { id } = await openTicketAs(call, "A ticket that rings")
  await agent.page.locator(`[data-row="${id}"]`).waitFor()
  await expect.poll(() => rings(agent.page), { timeout: 30_000 }).toBe(2)
  await writeAs(call, id, "Are you there?")
  await agent.page.locator(`[data-row="${id}"]`, { hasText: "Are you there?" }).waitFor()
  expect(await rings(agent.page)).toBe(2)
  expect(agent.faults).toEqual([])
})

type Rings = { rings: number }

/** Counts the tones of each page. */
const countRings = (context: BrowserContext) =>
  context.addInitScript(() => {
    const global = globalThis as never as Rings
    global.rings = 0
    const { start } = OscillatorNode.prototype
    OscillatorNode.prototype.start = function (...at) {
      global.rings++
      start.apply(this, at)
    }
  })

/** The tones of all tabs. */
const rings = async (...tabs: Page[]) => (await Promise.all(tabs.map((tab) => tab.evaluate(() => (globalThis as never as Rings).rings)))).reduce((a, b) => a + b)

test("an agent opens a ticket for a customer", async () => {
  const customer = await person(browser)
  const phone = await newCustomer("Mina Sohrabi")
  await signInOverApi(customer, phone, "/tickets")
  const { id } = await openTicketAs(await caller(phone), "Where is my parcel?")
  const agent = await person(browser)
  await signInOverApi(agent, seeded.agent, `/inbox/all/${id}`)
  await agent.page.getByRole("button", { name: "New ticket for this customer" }).click()
  const dialog = agent.page.getByRole("dialog")
  await dialog.getByRole("button", { name: "Open the ticket" }).click()
  await expect.poll(() => dialog.getByRole("alert").count()).toBe(3) // everything is missing
  await dialog.getByRole("radio").first().check({ force: true })
  await dialog.getByLabel("Subject").fill("Called about an invoice")
  await dialog.getByLabel("Your message").fill("The customer called.")
  await dialog.getByRole("button", { name: "Open the ticket" }).click()
  await agent.page.getByRole("heading", { name: "Called about an invoice" }).waitFor()
  await customer.page.getByText("Called about an invoice").first().waitFor()
  expect([...agent.faults, ...customer.faults]).toEqual([])
})

test("a ticket for a customer whose answer was lost is opened once, also after the form was closed and the page was loaded again", async () => {
  const phone = await newCustomer("Mina Sohrabi")
  const customer = await caller(phone)
  const { id } = await openTicketAs(customer, "Where is my parcel?")
  const agent = await person(browser, { worker: false })
  const { page, context } = agent
  await signInOverApi(agent, seeded.agent, `/inbox/all/${id}`)
  let losses = 2
  await context.route("**/tickets", async (route) => {
    const request = route.request() // POST /realtime/tickets is another one
    if (request.method() !== "POST" || new URL(request.url()).pathname !== "/tickets" || losses-- <= 0) return route.continue()
    await route.fetch()
    return route.abort()
  })
  const dialog = page.getByRole("dialog")
  const send = () => dialog.getByRole("button", { name: "Open the ticket" }).click()
  await page.getByRole("button", { name: "New ticket for this customer" }).click()
  await dialog.getByRole("radio").first().check({ force: true })
  await dialog.getByLabel("Subject").fill("Called about a refund")
  await dialog.getByLabel("Your message").fill("The customer called.")
  await send()
  await dialog.getByText("No connection to the server").waitFor()
  await dialog.getByRole("button", { name: "Cancel" }).click()
  await page.getByRole("button", { name: "New ticket for this customer" }).click()
  await send()
  await dialog.getByText("No connection to the server").waitFor()
  await page.reload()
  await page.getByRole("button", { name: "New ticket for this customer" }).click()
  await expect.poll(() => dialog.getByLabel("Subject").inputValue()).toBe("Called about a refund")
  await dialog.getByLabel("Your message").fill("The customer called. The bank has refused it.")
  await send()
  await page.getByRole("heading", { name: "Called about a refund" }).waitFor()
  await expect.poll(() => page.getByRole("textbox", { name: /Reply to/ }).inputValue()).toBe("The bank has refused it.")
  const { data } = await customer<{ data: { title: string }[] }>("GET", "/tickets")
  expect(data.map(({ title }) => title)).toEqual(["Called about a refund", "Where is my parcel?"])

  // The draft is gone with its id: the next ticket is another one.
  await page.getByRole("button", { name: "New ticket for this customer" }).click()
  expect(await dialog.getByLabel("Subject").inputValue()).toBe("")

  // A press that begins in the form and ends on the backdrop does not close it; one on the backdrop does.
  await dialog.getByLabel("Subject").fill("selected to its end")
  const field = (await dialog.getByLabel("Subject").boundingBox())!
  await page.mouse.move(field.x + 20, field.y + field.height / 2)
  await page.mouse.down()
  await page.mouse.move(5, field.y + field.height / 2, { steps: 3 })
  await page.mouse.up()
  expect(await dialog.count()).toBe(1)
  await page.mouse.click(5, 5)
  await expect.poll(() => dialog.count()).toBe(0)
  expect(agent.faults).toEqual([])
})
