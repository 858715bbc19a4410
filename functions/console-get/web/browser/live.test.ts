import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { customerWithTicket } from "./api"
import { caller, isolated, launch, newId, openTicketAs, person, seeded, signInOverApi, writeAs } from "./console"

let browser: Browser
beforeAll(async () => void (browser = await launch()))
afterAll(() => browser.close())

/** Chooses an option of a picker that a key opens. */
async function pick(page: Page, key: string, text: string) {
  await page.locator("body").press(key)
  await page.getByRole("combobox").fill(text)
  await page.getByRole("combobox").press("Enter")
}

test("13 status, priority and tags change live in all browsers", async () => {
  const { ticket, phone } = await customerWithTicket("Live changes")
  const [first, second, customer] = [await person(browser), await person(browser), await person(browser, { language: "fa", width: 390 })]
  await signInOverApi(first, seeded.agent, `/inbox/all/${ticket.id}`)
  await signInOverApi(second, seeded.agent2, `/inbox/all/${ticket.id}`)
  await signInOverApi(customer, phone, `/tickets/${ticket.id}`)
  for (const { page } of [first, second, customer]) await page.getByRole("feed").getByText("please help").waitFor()
  const fact = (page: Page, text: string | RegExp) => page.locator(".fact-value", { hasText: text }).waitFor({ timeout: 60_000 })

  await pick(first.page, "s", "waiting")
  for (const { page } of [first, second]) await fact(page, "Waiting for the customer")
  await customer.page.locator(".ticket-head .chip", { hasText: "در انتظار شما" }).waitFor({ timeout: 60_000 })
  await pick(second.page, "p", "urgent")
  for (const { page } of [first, second]) await fact(page, "Urgent")
  await pick(first.page, "t", "کارت‌به‌کارت")
  for (const { page } of [first, second]) await fact(page, "کارت‌به‌کارت")
  await second.page.locator(".log-event", { hasText: `${isolated("Reza Karimi")} set the tags: ${isolated(isolated("کارت‌به‌کارت"))}` }).waitFor({ timeout: 60_000 })
  await pick(second.page, "t", "refund")
  for (const { page } of [first, second]) await fact(page, /کارت‌به‌کارت.*refund/)
  expect(await customer.page.content()).not.toContain("refund") // tags are for staff
  for (const { faults } of [first, second, customer]) expect(faults).toEqual([])
})

test("13 of two changes of the same tags the second one is shown both versions", async () => {
  const { ticket } = await customerWithTicket("Two versions")
  const colleague = await caller(seeded.agent2)
  const agent = await person(browser, { worker: false })
  await signInOverApi(agent, seeded.agent, `/inbox/all/${ticket.id}`)
  const { page, context } = agent
  await page.getByRole("feed").getByText("please help").waitFor()

  // Runs before the next change of this browser reaches the server.
  let overtake: (() => Promise<unknown>) | null = null
  await context.route(`**/tickets/${ticket.id}`, async (route) => {
    if (route.request().method() === "PATCH") {
      const first = overtake
      overtake = null
      await first?.()
    }
    return route.continue()
  })
  const dialog = page.getByRole("dialog", { name: `was faster: ${isolated("Tags")}` })
  const tags = async () => (await colleague<{ ticket: { tags: string[] } }>("GET", `/tickets/${ticket.id}`)).ticket.tags

  overtake = () => colleague("PATCH", `/tickets/${ticket.id}`, { tags: ["theirs"] })
  await pick(page, "t", "mine")
  await dialog.getByText("theirs").waitFor({ timeout: 60_000 })
  await dialog.getByText("mine", { exact: true }).waitFor()
  await dialog.getByRole("button", { name: "Keep it" }).click()
  await page.locator(".fact-value", { hasText: "theirs" }).waitFor()
  expect(await tags()).toEqual(["theirs"])

  overtake = () => colleague("PATCH", `/tickets/${ticket.id}`, { tags: ["others"] })
  await pick(page, "t", "mine")
  await dialog.getByText("others").waitFor({ timeout: 60_000 })
  await dialog.getByRole("button", { name: "Set mine" }).click()
  await page.locator(".fact-value", { hasText: /theirs.*mine/ }).waitFor()
  await expect.poll(tags, { timeout: 60_000 }).toEqual(["theirs", "mine"])

  // A message meanwhile is no reason to ask.
  overtake = () => writeAs(colleague, ticket.id, "One more question")
  await pick(page, "p", "high")
  await expect.poll(async () => (await colleague<{ ticket: { priority: string } }>("GET", `/tickets/${ticket.id}`)).ticket.priority, { timeout: 60_000 }).toBe("high")
  await page.locator(".fact-value", { hasText: "High" }).waitFor()
  expect(await page.getByRole("dialog").count()).toBe(0)
  expect(agent.faults).toEqual([])
})

test("15 a colleague who has the ticket open too is named, until leaving it", async () => {
  const { ticket } = await customerWithTicket("Who is here")
  const [first, second] = [await person(browser), await person(browser, { language: "fa" })]
  await signInOverApi(first, seeded.agent, `/inbox/all/${ticket.id}`)
  await signInOverApi(second, seeded.agent2, `/inbox/all/${ticket.id}`)
  await second.page.getByText(/Reza Karimi.? هم این‌جاست/).waitFor({ timeout: 60_000 })
  const here = first.page.getByText(/ is here too$/)
  await here.waitFor({ timeout: 60_000 })
  await second.page.goto("/app/profile")
  await here.waitFor({ state: "detached", timeout: 60_000 })
  expect([...first.faults, ...second.faults]).toEqual([])
})

test("16 many messages arrive while one has scrolled up: nothing moves", async () => {
  const { ticket, phone, customer: owner } = await customerWithTicket("Flood")
  const writers = await Promise.all([seeded.admin, seeded.agent, seeded.agent2].map(caller))
  for (let i = 0; i < 30; i++) await writeAs(owner, ticket.id, `earlier ${i}\nwith a second line`)
  const customer = await person(browser)
  await signInOverApi(customer, phone, `/tickets/${ticket.id}`)
  const { page } = customer
  await page.locator(".bubble", { hasText: "earlier 29" }).waitFor()
  await page.locator(".log-list").hover()
  const shown = page.locator(".bubble", { hasText: "earlier 15" })
  const inSight = async () => {
    const box = await shown.boundingBox({ timeout: 500 }).catch(() => null)
    if (!box || box.y < 200) await page.mouse.wheel(0, -200)
    return box?.y ?? 0
  }
  await expect.poll(inSight, { timeout: 60_000 }).toBeGreaterThan(200)
  const place = async () => (await shown.boundingBox())?.y
  const before = await place()

  const count = process.env.QUALITY_FULL ? 500 : 150 // more than a page of the history
  let next = 0
  await Promise.all(writers.map(async (write) => { while (next < count) await writeAs(write, ticket.id, `flood ${next++}`) }))
  await page.getByRole("button", { name: "To the newest message" }).getByText(`${count} new messages`).waitFor({ timeout: 60_000 })
  expect(await place()).toBe(before)
  await page.getByRole("button", { name: "To the newest message" }).click()
  await page.locator(".bubble", { hasText: `flood ${count - 1}` }).waitFor()
  await page.getByRole("button", { name: "To the newest message" }).waitFor({ state: "detached" })
  expect(customer.faults).toEqual([])
}, 240_000)

test("17 close, reopen by a message and by the menu; too late, a new ticket is offered", async () => {
  const { ticket, phone } = await customerWithTicket("Closed and open")
  const customer = await person(browser, { width: 390 })
  await signInOverApi(customer, phone, `/tickets/${ticket.id}`)
  const { page, context } = customer
  const state = (text: string) => page.locator(".ticket-head .chip", { hasText: text }).waitFor({ timeout: 60_000 })
  const menu = async (item: string) => {
    await page.getByRole("button", { name: "More" }).click()
    await page.getByRole("menuitem", { name: item }).click()
  }
  const close = async () => {
    await menu("Close the ticket")
    await page.getByRole("dialog").getByText("You can reopen it for 7 days.").waitFor()
    await page.keyboard.press("Enter") // the action has the focus
    await state("Closed")
    await page.getByText("This ticket is closed. A message reopens it.").waitFor()
  }
  await close()
  await page.getByLabel("Write a message").fill("It is not solved")
  await page.getByLabel("Write a message").press("Control+Enter")
  await page.locator(".log-event", { hasText: "In progress" }).or(page.locator(".log-event", { hasText: "Received" })).waitFor({ timeout: 60_000 })
  await page.locator(".ticket-head .chip", { hasText: "Closed" }).waitFor({ state: "detached" })
  await close()
  await menu("Reopen")
  await page.locator(".ticket-head .chip", { hasText: "Closed" }).waitFor({ state: "detached", timeout: 60_000 })

  // A message that was written in time and arrives too late: the server refuses it.
  await close()
  await context.route(`**/tickets/${ticket.id}/messages`, (route) =>
    route.fulfill({ status: 409, contentType: "application/problem+json", json: { type: "urn:ticketsystem:problem:ticket_closed", title: "The ticket is closed", status: 409, detail: "This ticket was closed too long ago to be reopened.", code: "ticket_closed", errors: [] } }),
  )
  await page.getByLabel("Write a message").fill("It broke again")
  await page.getByLabel("Write a message").press("Control+Enter")
  await page.getByRole("alert").getByRole("button", { name: "Open a new ticket with this text" }).click()
  await page.getByText(`Follow-up of ${isolated(ticket.number)}`).waitFor()
  expect(await page.getByLabel("Your message").inputValue()).toBe("It broke again")

  // Eight days later, the screen says it before anything is sent, and keeps what the form has.
  await page.clock.setSystemTime(Date.now() + 8 * 86_400_000)
  await page.goto(`/app/tickets/${ticket.id}`)
  const next = page.getByRole("button", { name: "Continue in a new ticket" })
  await next.waitFor() // below what was written
  expect(await page.getByText("It broke again").count()).toBe(0)
  await next.click()
  expect(await page.getByLabel("Your message").inputValue()).toBe("It broke again")
  expect(await page.getByLabel("Subject").inputValue()).toBe("Closed and open")
  await page.getByRole("button", { name: "Open the ticket" }).click()
  await page.getByRole("link", { name: `Continues ${isolated(ticket.number)}` }).click({ timeout: 90_000 })
  await page.getByRole("link", { name: /^Continued in / }).waitFor({ timeout: 60_000 })
  expect(customer.faults).toEqual([])
})

test("18 a reply counts that comes while the unread ones are counted for the first time", async () => {
  const { ticket, phone, customer: owner } = await customerWithTicket("Open here")
  const other = await openTicketAs(owner, "Counted there")
  const agent = await caller(seeded.agent)
  const someone = await person(browser, { worker: false })
  const { page, context, faults } = someone
  const frames: string[] = []
  page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => frames.push((JSON.parse(String(payload)) as { type: string }).type)))
  let requests = 0
  let answer = () => {}
  const held = new Promise<void>((resolve) => (answer = resolve))
  await context.route((url) => url.pathname === "/notifications", async (route) => {
    if (requests++ > 0) return route.continue()
    const response = await route.fetch() // nothing is unread yet
    await held
    return route.fulfill({ response })
  })
  await signInOverApi(someone, phone, `/tickets/${ticket.id}`)
  await expect.poll(() => frames, { timeout: 60_000 }).toContain("subscribed")
  await writeAs(agent, other.id, "Please read this")
  await expect.poll(() => frames, { timeout: 60_000 }).toContain("notification")
  answer()
  await expect.poll(() => requests, { timeout: 60_000 }).toBeGreaterThan(1)
  await expect.poll(() => page.locator(".rail-item .badge").allTextContents(), { timeout: 60_000 }).toEqual(["1", "1"])
  expect(faults).toEqual([])
})

test("a ticket that is deleted says so where it is open", async () => {
  const { ticket, phone } = await customerWithTicket("Deleted")
  const [agent, customer] = [await person(browser), await person(browser)]
  await signInOverApi(agent, seeded.agent, `/inbox/all/${ticket.id}`)
  await signInOverApi(customer, phone, `/tickets/${ticket.id}`)
  for (const { page } of [agent, customer]) await page.getByRole("feed").getByText("please help").waitFor()
  await (await caller(seeded.admin))("DELETE", `/tickets/${ticket.id}`)
  for (const { page } of [agent, customer]) await page.getByText("This ticket was deleted.").waitFor({ timeout: 60_000 })
  for (const { faults } of [agent, customer]) expect(faults).toEqual([])
})

test("18 what is read here is no longer unread in the other browser and tab", async () => {
  const { ticket, phone: number } = await customerWithTicket("Read here")
  const agent = await caller(seeded.agent)
  const [desk, mobile] = [await person(browser), await person(browser, { language: "fa", width: 390 })]
  await signInOverApi(desk, number, "/tickets")
  await signInOverApi(mobile, number, "/tickets")
  const tab = await desk.context.newPage()
  await tab.goto("/app/notifications")
  await tab.locator("nav.rail").waitFor()
  const pages = [desk.page, mobile.page, tab]

  await agent("POST", `/tickets/${ticket.id}/messages`, { clientId: newId(), body: "Please read this" })
  const badges = (page: Page) => page.locator(".rail-item .badge").allTextContents()
  const title = (page: Page) => page.title()
  for (const page of pages) await expect.poll(() => badges(page), { timeout: 60_000 }).toHaveLength(2) // the ticket and its notification
  await expect.poll(() => title(desk.page), { timeout: 60_000 }).toBe("(2) Tickets – Support")
  await expect.poll(() => title(mobile.page), { timeout: 60_000 }).toMatch(/^\(۲\)/)

  await desk.page.bringToFront()
  await desk.page.locator(".row", { hasText: "Read here" }).click()
  await desk.page.locator(".bubble", { hasText: "Please read this" }).waitFor()
  for (const page of pages) await expect.poll(() => badges(page), { timeout: 60_000 }).toEqual([])
  for (const page of pages) await expect.poll(() => title(page), { timeout: 60_000 }).not.toContain("(")
  await mobile.page.locator(".row[data-unread]").waitFor({ state: "detached" })
  for (const page of pages) {
    await page.reload()
    await page.locator("nav.rail").waitFor()
    await expect.poll(() => badges(page), { timeout: 60_000 }).toEqual([])
  }
  expect([...desk.faults, ...mobile.faults]).toEqual([])
})
