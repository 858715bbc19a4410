import type { Browser, BrowserContext, Page } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { customerWithTicket, longLog } from "./api"
import { caller, launch, newCustomer, newId, openTicketAs, person, seeded, setVisible, signInOverApi, storeLog } from "./console"
import { open, somebody, ticketId } from "./fixtures"

let browser: Browser
beforeAll(async () => void (browser = await launch()))
afterAll(() => browser.close())

const picture = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64")

async function openTicket(page: Page, title: string): Promise<string> {
  await page.getByRole("link", { name: "New ticket" }).first().click()
  await page.getByRole("radio", { name: /Billing/ }).check()
  await page.getByLabel("Subject").fill(title)
  await page.getByLabel("Your message").fill("Please see the picture.")
  await page.locator("input[type=file]").setInputFiles({ name: "receipt.png", mimeType: "image/png", buffer: picture })
  await page.getByText("receipt.png").waitFor()
  await page.getByRole("button", { name: "Open the ticket" }).click()
  await page.waitForURL(/\/app\/tickets\/01[0-9A-Z]{24}$/)
  await page.getByLabel("Write a message").waitFor({ timeout: 90_000 }) // confirmed
  return page.url().split("/").at(-1)!
}

async function write(page: Page, text: string): Promise<void> {
  const field = page.getByLabel("Write a message")
  await field.fill(text)
  await field.press("Control+Enter")
}

/** The bodies of the messages in the server's log, the first one left out. */
async function bodies(context: BrowserContext, id: string): Promise<string[]> {
  const response = await context.request.get(`/tickets/${id}/messages?after=1&limit=100`)
  return ((await response.json()) as { data: { body: string }[] }).data.map((entry) => entry.body)
}

const texts = (n: number, prefix: string) => Array.from({ length: n }, (_, i) => `${prefix} ${i}`)

test("9, 10 and 11 a customer opens a ticket with a picture; the answer appears, the note does not", async () => {
  const customer = await person(browser)
  await signInOverApi(customer, await newCustomer("Sara Ahmadi"), "/tickets")
  const { page } = customer
  const id = await openTicket(page, "Charged twice")
  const agent = await caller(seeded.agent)
  await agent("POST", `/tickets/${id}/messages`, { clientId: newId(), body: "secret note", internal: true })
  const { seq } = await agent<{ seq: number }>("POST", `/tickets/${id}/messages`, { clientId: newId(), body: "We have paid it back." })
  await page.locator(".bubble", { hasText: "We have paid it back." }).waitFor({ timeout: 60_000 })
  const readers = async () => (await agent<{ readers: { name: string; seq: number }[] }>("GET", `/tickets/${id}`)).readers.filter(({ name }) => name === "Sara Ahmadi")
  await expect.poll(async () => (await readers())[0]?.seq, { timeout: 60_000 }).toBe(seq) // it was on the screen when it came
  await page.locator(".row", { hasText: "We have paid it back." }).waitFor()
  await write(page, "Thank you!")
  await page.locator(".message[data-own]", { hasText: "Thank you!" }).getByRole("img", { name: "Sent", exact: true }).waitFor({ timeout: 60_000 })
  await page.locator(".picture img").waitFor({ timeout: 60_000 })
  expect(await page.content()).not.toContain("secret note")
  await agent("POST", `/tickets/${id}/status`, { clientId: newId(), status: "resolved" })
  await page.locator(".ticket-head .chip", { hasText: "Solved" }).waitFor({ timeout: 60_000 })
  expect(customer.faults).toEqual([])
})

test("19 messages that are written offline are in the log once, in order", async () => {
  const customer = await person(browser, { width: 390 })
  await signInOverApi(customer, await newCustomer("Omid"), "/tickets")
  const { page, context } = customer
  const id = await openTicket(page, "Offline")
  await context.setOffline(true)
  for (const text of texts(20, "offline")) await write(page, text)
  await page.getByText("Offline – 20 messages wait").waitFor()
  await context.setOffline(false)
  await expect.poll(() => bodies(context, id), { timeout: 90_000 }).toEqual(texts(20, "offline"))
  await page.getByRole("img", { name: "Waits to be sent" }).waitFor({ state: "detached", timeout: 60_000 })
})

test("20 and 21 two tabs, every second answer lost, one tab closed: nothing is lost or doubled", async () => {
  const customer = await person(browser)
  await signInOverApi(customer, await newCustomer("Leila"), "/tickets")
  const { page, context } = customer
  const id = await openTicket(page, "Two tabs")
  let answers = 0
  await context.route("**/messages", async (route) => {
    if (route.request().method() !== "POST") return route.continue()
    const response = await route.fetch()
    if (answers++ % 2) return route.abort("connectionreset") // after the write
    return route.fulfill({ response })
  })
  const other = await context.newPage()
  await other.goto(page.url())
  await other.getByLabel("Write a message").waitFor()
  for (const text of texts(6, "first")) await write(page, text)
  for (const text of texts(6, "second")) await write(other, text)
  await page.close()
  await expect.poll(async () => (await bodies(context, id)).length, { timeout: 100_000 }).toBe(12)
  const log = await bodies(context, id)
  expect(log.filter((text) => text.startsWith("first"))).toEqual(texts(6, "first"))
  expect(log.filter((text) => text.startsWith("second"))).toEqual(texts(6, "second"))
  await expect.poll(() => other.getByRole("img", { name: "Waits to be sent" }).count(), { timeout: 60_000 }).toBe(0)
}, 300_000)

test("what is written while the conversation still loads is shown at once, and sent", async () => {
  const phone = await newCustomer("Slow network")
  const { id } = await openTicketAs(await caller(phone), "Slow")
  const customer = await person(browser, { worker: false })
  let answer = () => {}
  const answered = new Promise<void>((resolve) => (answer = resolve))
  await customer.context.route((url) => url.pathname.startsWith(`/tickets/${id}`), (route) => answered.then(() => route.continue()))
  await signInOverApi(customer, phone, `/tickets/${id}`)
  const { page } = customer
  await write(page, "written at once")
  await page.getByRole("img", { name: "Waits to be sent" }).waitFor()
  answer()
  await page.locator(".bubble", { hasText: "please help" }).waitFor({ timeout: 60_000 })
  await page.locator(".message[data-own]", { hasText: "written at once" }).getByRole("img", { name: "Sent", exact: true }).waitFor({ timeout: 60_000 })
  expect(customer.faults).toEqual([])
})

test("10 two ticks after the other side has read it: what it opens, what comes to its screen, what comes while its page is hidden", async () => {
  const { phone, ticket } = await customerWithTicket("Read marks")
  const [customer, agent] = [await person(browser, { width: 390 }), await person(browser, { language: "fa" })]
  await signInOverApi(customer, phone, `/tickets/${ticket.id}`)
  await customer.page.locator(".message").waitFor({ timeout: 60_000 })
  await signInOverApi(agent, seeded.agent, `/inbox/all/${ticket.id}`)
  const read = (page: Page, text: string) => page.locator(".message[data-own]", { hasText: text }).locator(".mark[data-read]").waitFor({ timeout: 60_000 })
  await read(customer.page, "please help")
  const send = async (page: Page, text: string) => {
    await page.locator(".composer-text").fill(text)
    await page.keyboard.press("Control+Enter")
  }
  await send(agent.page, "the answer")
  await read(agent.page, "the answer")
  await setVisible(customer.page, false)
  await send(agent.page, "another answer")
  await customer.page.locator(".bubble", { hasText: "another answer" }).waitFor({ state: "attached", timeout: 60_000 })
  await agent.page.locator(".message[data-own]", { hasText: "another answer" }).locator(".tick").waitFor({ timeout: 60_000 })
  expect(await agent.page.locator(".mark[data-read]").count()).toBe(1)
  await setVisible(customer.page, true)
  await read(agent.page, "another answer")
})

test("28 a draft survives a reload, and the screen of another ticket does not have it", async () => {
  const customer = await person(browser)
  await signInOverApi(customer, await newCustomer("Nima"), "/tickets")
  const { page } = customer
  await openTicket(page, "Draft")
  await page.getByLabel("Write a message").fill("half a sen")
  await page.reload()
  await expect.poll(() => page.getByLabel("Write a message").inputValue(), { timeout: 30_000 }).toBe("half a sen")
})

/** Opens a ticket of 1,000 messages that the device holds, without a network. */
async function openLongTicket(options?: Parameters<typeof person>[1]): Promise<Page> {
  const { phone, customer, ticket } = await customerWithTicket("Long")
  const { entries } = await customer<{ entries: object[] }>("GET", `/tickets/${ticket.id}`)
  const someone = await person(browser, options)
  const { page, context } = someone
  await signInOverApi(someone, phone, "/tickets")
  await page.locator(".row").first().waitFor()
  await storeLog(page, ticket.id, longLog(entries[0]!, 1_000))
  await context.setOffline(true)
  await page.locator(".row").first().click()
  await page.locator(".bubble", { hasText: "Message 999:" }).waitFor()
  return page
}

test("a long ticket of the device opens offline at its end, and scrolls to its first message without a jump", async () => {
  const page = await openLongTicket()

  const list = page.locator(".log-list")
  /** The first message that is whole on the screen: its row, its text and its place. */
  const top = () =>
    list.evaluate((view) => {
      const bubble = [...view.querySelectorAll(".bubble")].find((each) => each.getBoundingClientRect().top >= view.getBoundingClientRect().top)!
      return { row: Number(bubble.closest("[aria-posinset]")!.getAttribute("aria-posinset")), text: bubble.textContent, y: bubble.getBoundingClientRect().top }
    })
  const still = async () => JSON.stringify(await top()) === (await page.waitForTimeout(300), JSON.stringify(await top()))
  await expect.poll(still).toBe(true) // the list has come to its end
  await list.evaluate((view) => view.scrollTo(0, 300)) // near the start of the page that was read first
  await expect.poll(async () => (await top()).row).toBeGreaterThan(100)
  const before = await top()
  await page.waitForTimeout(300)
  expect(await top()).toEqual(before)
  expect(before.text).toMatch(/^Message 90\d:/)

  await expect.poll(async () => {
    await list.evaluate((view) => view.scrollTo(0, 0))
    return page.locator("[aria-posinset='2'] .bubble").textContent({ timeout: 1_000 }).catch(() => "")
  }, { timeout: 60_000 }).toMatch(/^Message 0:/)
  expect(await page.locator("[aria-setsize]").first().getAttribute("aria-setsize")).toBe("1001") // with the line of the day
})

test("a long ticket is scrolled as before after its width alone has changed", async () => {
  const page = await openLongTicket({ width: 1600 })
  await page.waitForTimeout(600) // the rows are measured

  await page.setViewportSize({ width: 1720, height: 800 }) // the rows do not grow any more
  await page.waitForTimeout(600)
  const rows = () => page.locator("[aria-posinset]").last().getAttribute("aria-posinset").then(Number)
  const before = await rows()
  await page.locator(".log-list").evaluate((view) => view.scrollTo(0, 300))
  await page.locator(".log-end").waitFor()
  await expect.poll(rows, { timeout: 10_000 }).toBeGreaterThan(before) // the older ones are there
})

test.each(["en", "fa"] as const)("a new ticket that the server refuses goes back into its form, whole: %s", async (language) => {
  const { page, context } = await somebody(browser, "user", { language })
  await context.route((url) => url.pathname === "/tickets", (route) => (route.request().method() === "POST" ? route.fulfill({ status: 422, json: { type: "about:blank", title: "Unprocessable", status: 422, code: "validation_failed", detail: language === "fa" ? "این دسته دیگر وجود ندارد." : "This category is no longer there." } }) : route.fallback()))
  await open(page, "/tickets/new")
  const [category, subject, text] = [page.getByRole("radio").nth(1), page.locator(".new-ticket input.input").first(), page.locator(".new-ticket textarea")]
  await category.check()
  await subject.fill("Charged twice")
  await text.fill("Please see the picture.")
  await page.locator(".new-ticket summary").click()
  const priority = page.locator(".new-ticket .segments button").nth(2)
  await priority.click()
  await page.locator(".new-ticket button[type=submit]").click()
  await page.locator(".message[data-refused]").waitFor()
  await page.locator(".row [data-refused]", { hasText: language === "fa" ? "فرستاده نشد" : "Not sent" }).waitFor()

  await page.locator(".message[data-refused] button").first().click()
  await page.waitForURL(/\/app\/tickets\/new$/)
  await expect.poll(() => text.inputValue()).toBe("Please see the picture.")
  expect([await subject.inputValue(), await category.isChecked(), await priority.getAttribute("aria-pressed")]).toEqual(["Charged twice", true, "true"])
  await page.locator(".row [data-refused]").waitFor({ state: "detached" })
})

test("the end stays in view when the keyboard of a phone comes, at its rotation, and above a long draft", async () => {
  const { page } = await somebody(browser, "user", { language: "en", width: 390 })
  await open(page, `/tickets/${ticketId}`)
  const log = page.locator(".log-list")
  const below = () => log.evaluate((element) => Math.round(element.scrollHeight - element.scrollTop - element.clientHeight))
  for (const [width, height] of [[390, 844], [390, 500], [844, 390], [390, 844]] as const) {
    await page.setViewportSize({ width, height })
    await page.waitForTimeout(600) // the rows are measured
    expect(await below(), `${width} × ${height}`).toBe(0)
  }
  await page.locator(".composer-text").fill("line\n".repeat(8))
  await page.waitForTimeout(600)
  expect(await below(), "a long draft").toBe(0)
  await log.evaluate((element) => element.scrollTo(0, 0))
  await page.locator(".log-end").waitFor()
  await page.setViewportSize({ width: 390, height: 500 })
  await page.waitForTimeout(600)
  expect(await log.evaluate((element) => element.scrollTop), "who has scrolled up stays there").toBe(0)
})
