import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { customerWithTicket } from "./api"
import { type Call, isolated, launch, person, seeded, signInOverApi, writeAs } from "./console"
import { closedTicketId, manyTickets, open, somebody, ticketId } from "./fixtures"

let browser: Browser
beforeAll(async () => void (browser = await launch()))
afterAll(() => browser.close())

const stateOf = async (call: Call, id: string) => (await call<{ ticket: { status: string; assignee: { name: string } | null } }>("GET", `/tickets/${id}`)).ticket

/** Presses a key of a layout without Latin letters. */
const pressOn = (page: Page, key: string, code: string) =>
  page.evaluate(([key, code]) => document.body.dispatchEvent(new KeyboardEvent("keydown", { key: key!, code: code!, bubbles: true, cancelable: true })), [key, code])

test("9 and 30 a new ticket appears by itself; the whole triage by keys, also on a Persian layout", async () => {
  const agent = await person(browser)
  const { page } = agent
  const subscribed = new Promise<void>((resolve) => page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => /"type":"subscribed".*"queue"/.test(String(payload)) && resolve())))
  await signInOverApi(agent, seeded.agent, "/inbox/unassigned")
  await page.getByRole("heading", { name: "Unassigned" }).waitFor()
  await subscribed
  const { ticket, customer } = await customerWithTicket("Broken lamp")
  const row = page.locator(`[data-row="${ticket.id}"]`)
  await row.waitFor()

  await row.focus()
  await page.keyboard.press("Enter")
  await page.getByRole("heading", { name: "Broken lamp" }).waitFor()
  await page.getByRole("feed").getByText("please help").waitFor()
  await pressOn(page, "ه", "KeyI") // take it
  await expect.poll(async () => (await stateOf(customer, ticket.id)).assignee?.name, { timeout: 30_000 }).toBe("Reza Karimi")
  await row.waitFor({ state: "detached" })

  const labelAtNextKey = await page.evaluate(async () => {
    document.activeElement!.dispatchEvent(new KeyboardEvent("keydown", { key: "n", code: "KeyN", bubbles: true }))
    await new Promise((resolve) => setTimeout(resolve))
    return document.activeElement?.getAttribute("aria-label")
  })
  expect(labelAtNextKey).toContain("Note for colleagues")
  await page.keyboard.type("the switch is broken")
  await page.keyboard.press("Control+Enter")
  await page.getByRole("feed").getByText("the switch is broken").waitFor()
  await page.keyboard.press("Escape") // out of the text
  await page.keyboard.press("p")
  await page.getByRole("combobox", { name: "Priority" }).fill("urg")
  await page.keyboard.press("Enter")
  await page.getByRole("button", { name: /Urgent/ }).waitFor()
  await page.keyboard.press("e")
  await expect.poll(async () => (await stateOf(customer, ticket.id)).status, { timeout: 30_000 }).toBe("resolved")
  // The customer never sees the note.
  expect(JSON.stringify(await customer("GET", `/tickets/${ticket.id}/history`))).not.toContain("switch is broken")
  expect(agent.faults).toEqual([])
})

test("30 by keys from ticket to ticket, although each leaves the queue when it is taken", async () => {
  const [first, second] = [await customerWithTicket("First of two"), await customerWithTicket("Second of two")]
  const agent = await person(browser)
  const { page } = agent
  await signInOverApi(agent, seeded.agent, "/inbox/unassigned")
  const row = ({ ticket }: typeof first) => page.locator(`[data-row="${ticket.id}"]`)
  await row(first).focus()
  await page.keyboard.press("Enter")
  await page.getByRole("heading", { name: "First of two" }).waitFor()
  await page.keyboard.press("i")
  await row(first).waitFor({ state: "detached", timeout: 60_000 })
  await page.keyboard.press("r")
  await page.keyboard.type("Done")
  await page.keyboard.press("Control+Enter")
  await page.getByRole("feed").getByText("Done").waitFor()
  await page.keyboard.press("Escape")
  await page.getByRole("feed").and(page.locator(":focus")).waitFor()
  await page.keyboard.press("]")
  await page.getByRole("heading", { name: "Second of two" }).waitFor()
  await page.keyboard.press("[")
  await page.keyboard.press("]")
  await page.getByRole("heading", { name: "Second of two" }).waitFor()
  await page.keyboard.press("Escape")
  await row(second).and(page.locator(":focus")).waitFor()
})

test("an answer that resolves the ticket is stored first; a refused one resolves nothing", async () => {
  const { ticket, customer } = await customerWithTicket("Resolved with the answer")
  const agent = await person(browser, { worker: false })
  const { page, context } = agent
  await signInOverApi(agent, seeded.agent, `/inbox/open/${ticket.id}`)
  const asked: string[] = []
  let refused = true
  let answer = () => {}
  const stored = new Promise<void>((resolve) => (answer = resolve))
  await context.route(new RegExp(`/tickets/${ticket.id}/(messages|status)$`), async (route) => {
    const act = route.request().url().split("/").at(-1)!
    asked.push(act)
    if (refused) return route.fulfill({ status: 422, contentType: "application/problem+json", json: { type: "about:blank", title: "Invalid", status: 422, code: "invalid_body", errors: [{ pointer: "/body", code: "too_long", message: "Too long." }] } })
    if (act === "messages") await stored
    return route.continue()
  })
  const send = async (text: string) => {
    await page.getByRole("textbox", { name: /^Reply to/ }).fill(text)
    await page.keyboard.press("Control+Shift+Enter")
  }
  await send("This one is refused.")
  await page.getByText("The message is not sent, so the status stays as it is.").waitFor({ timeout: 60_000 })
  expect(asked).toEqual(["messages"])

  refused = false
  await send("Here is your answer.")
  await expect.poll(() => asked.length, { timeout: 30_000 }).toBe(2)
  await page.waitForTimeout(1_000) // for a resolution that does not wait
  expect([asked, (await stateOf(customer, ticket.id)).status]).toEqual([["messages", "messages"], "new"])
  answer()
  await expect.poll(async () => (await stateOf(customer, ticket.id)).status, { timeout: 60_000 }).toBe("resolved")
  expect(asked).toEqual(["messages", "messages", "status"])
  const { data } = await customer<{ data: { body: string; kind: string }[] }>("GET", `/tickets/${ticket.id}/messages?after=1`)
  expect(data.map(({ body }) => body)).toEqual(["Here is your answer."])
  expect(agent.faults).toEqual([])
})

test("12 two agents take a ticket: one wins, the other sees who", async () => {
  const { ticket } = await customerWithTicket("Two for one")
  const [first, second] = [await person(browser), await person(browser)]
  await signInOverApi(first, seeded.agent, `/inbox/unassigned/${ticket.id}`)
  await signInOverApi(second, seeded.agent2, `/inbox/unassigned/${ticket.id}`)
  for (const { page } of [first, second]) await page.getByRole("button", { name: "Take it" }).waitFor()
  await first.page.getByRole("button", { name: "Take it" }).click()
  for (const { page } of [first, second]) await page.getByRole("button", { name: "Reza Karimi", exact: true }).first().waitFor()
  await second.page.getByText(`${isolated("Reza Karimi")} is here too`).waitFor()
  expect([...first.faults, ...second.faults]).toEqual([])
})

test("a ticket that is being taken stays taken on the screen while it changes otherwise", async () => {
  const { ticket, customer } = await customerWithTicket("Slow to take")
  const agent = await person(browser, { worker: false })
  const { page, context } = agent
  await signInOverApi(agent, seeded.agent, `/inbox/open/${ticket.id}`)
  let answer = () => {}
  const answered = new Promise<void>((resolve) => (answer = resolve))
  await context.route((url) => url.pathname === `/tickets/${ticket.id}/assign`, (route) => answered.then(() => route.continue()))
  await page.getByRole("feed").getByText("please help").waitFor({ timeout: 60_000 })
  await page.getByRole("button", { name: "Take it" }).click()
  const owner = page.locator(".details").getByRole("button", { name: "Reza Karimi" }).first()
  await owner.waitFor()
  await writeAs(customer, ticket.id, "Are you there?")
  await page.getByRole("feed").getByText("Are you there?").waitFor({ timeout: 60_000 })
  await page.locator(`[data-row="${ticket.id}"]`, { hasText: "Are you there?" }).waitFor()
  expect(await owner.isVisible()).toBe(true)
  answer()
  await expect.poll(async () => (await stateOf(customer, ticket.id)).assignee?.name, { timeout: 30_000 }).toBe("Reza Karimi")
})

test("31 the palette finds tickets and commands", async () => {
  const { ticket } = await customerWithTicket("Findable kettle")
  const agent = await person(browser)
  await signInOverApi(agent, seeded.agent, "/inbox/open")
  const { page } = agent
  await page.locator(`[data-row="${ticket.id}"]`).waitFor()
  await page.keyboard.press("Control+k")
  await page.getByRole("combobox").fill("kettle")
  await page.keyboard.press("Enter")
  await page.getByRole("heading", { name: "Findable kettle" }).waitFor()
  await page.keyboard.press("Control+k")
  await page.getByRole("combobox").fill("unassigned")
  await page.keyboard.press("Enter")
  await page.getByRole("heading", { name: "Unassigned" }).waitFor()
  const { ticket: elsewhere } = await customerWithTicket("Only on the server")
  await page.keyboard.press("Control+k")
  await page.getByRole("combobox").fill(elsewhere.number.toLowerCase())
  await page.getByRole("option", { name: /Search all tickets/ }).click()
  await page.getByRole("heading", { name: "Only on the server" }).waitFor()
  expect(agent.faults).toEqual([])
})

test("a note that is begun while the ticket still loads is not written as a reply", async () => {
  const { ticket } = await customerWithTicket("Slow to load")
  const agent = await person(browser, { worker: false })
  const { page, context } = agent
  let load = () => {}
  const pressed = new Promise<void>((resolve) => (load = resolve))
  await context.route((url) => url.pathname === `/tickets/${ticket.id}`, (route) => pressed.then(() => route.continue()))
  await signInOverApi(agent, seeded.agent, `/inbox/status/closed/${ticket.id}`) // a queue that does not have it
  await page.locator("#queue-title").waitFor()
  await page.keyboard.press("n")
  load()
  await page.getByRole("textbox", { name: "Note for colleagues" }).waitFor({ timeout: 60_000 })
  expect(agent.faults).toEqual([])
})

test("a resolved ticket offers to close it, not to resolve it", async () => {
  const { page } = await somebody(browser, "support")
  await open(page, `/inbox/all/${closedTicketId}`)
  await page.locator(".composer-text").waitFor()
  await page.keyboard.press("Control+k")
  await page.getByRole("option", { name: /Close the ticket/ }).waitFor()
  expect(await page.getByRole("option", { name: /Mark as resolved/ }).count()).toBe(0)
})

test("commands of the palette move the focus, a search keeps its spaces, and a picker stays with its ticket", async () => {
  const { page } = await somebody(browser, "support")
  await open(page, `/inbox/open/${ticketId}`)
  await page.locator(".composer-text").waitFor()
  for (const [command, target] of [["Reply", ".composer-text"], ["Search", ".queue-search input"]] as const) {
    await page.keyboard.press("Control+k")
    await page.getByRole("combobox").fill(command)
    await page.keyboard.press("Enter")
    await expect.poll(() => page.locator(target).evaluate((element) => element === document.activeElement)).toBe(true)
  }
  await page.keyboard.type("printer ", { delay: 20 })
  await page.waitForURL(/q=printer$/)
  await page.keyboard.type("error", { delay: 20 })
  expect(await page.locator(".queue-search input").inputValue()).toBe("printer error")
  await open(page, `/inbox/open/${ticketId}`)
  await page.locator(".composer-text").waitFor()
  await page.keyboard.press("]")
  await page.keyboard.press("s")
  await page.getByRole("combobox").waitFor()
  await page.goBack()
  await page.getByRole("combobox").waitFor({ state: "detached" })
})

test("a queue of 1,000 rows keeps few of them in the page, and keys reach each", async () => {
  const { page, context } = await somebody(browser, "support")
  const rows = manyTickets(1_000)
  await context.route(/\/tickets\?/, (route) => route.fulfill({ json: { data: rows, page: { hasMore: false, next: null } } }))
  await open(page, "/inbox/open")
  const focused = () => page.evaluate(() => {
    const row = document.activeElement?.closest<HTMLElement>("[aria-posinset]")
    return [row?.getAttribute("aria-posinset"), row?.getAttribute("aria-setsize"), row?.querySelector(".queue-row-title")?.textContent]
  })
  const list = page.locator(".queue-rows")
  const tops: number[] = []
  for (let i = 1; i <= 25; i++) {
    await page.locator(`[aria-posinset='${i}']`).waitFor({ state: "attached" }) // a machine that is busy draws it later than the key
    await page.keyboard.press("j")
    tops.push(await list.evaluate((element) => element.scrollTop))
  }
  expect(await focused()).toEqual(["25", "1000", "Ticket 25"])
  // A key draws one row, not half a window.
  expect(Math.max(...tops.map((top, i) => top - (tops[i - 1] ?? 0)))).toBeLessThan(150)
  await expect(page.locator("[data-row]:focus").evaluate((row) => row.getBoundingClientRect().bottom <= innerHeight)).resolves.toBe(true)

  // The row with the focus stays wherever the list is scrolled to.
  await list.evaluate((element) => element.scrollTo(0, element.scrollHeight))
  await page.locator("[aria-posinset='1000']").waitFor()
  expect(await page.locator("[data-row]").count()).toBeLessThan(40)
  expect(await focused()).toEqual(["25", "1000", "Ticket 25"])
  await page.keyboard.press("k")
  expect(await focused()).toEqual(["24", "1000", "Ticket 24"])

  // From the open ticket on, after the focus was elsewhere.
  await page.keyboard.press("Enter")
  await page.locator(".composer-text").waitFor()
  await list.evaluate((element) => element.scrollTo(0, element.scrollHeight))
  await page.locator("[aria-posinset='1000']").waitFor()
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
  await page.keyboard.press("j")
  expect(await focused()).toEqual(["25", "1000", "Ticket 25"])
})

test("scrolling a queue styles no row again", async () => {
  const { page, context } = await somebody(browser, "support")
  const rows = manyTickets(100)
  await context.route(/\/tickets\?/, (route) => route.fulfill({ json: { data: rows, page: { hasMore: false, next: null } } }))
  await open(page, "/inbox/open")
  await page.locator("[data-row]").first().waitFor()
  const pointerEvents = await page.evaluate(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
    document.querySelector(".queue-rows")!.scrollBy(0, 200)
    for (let i = 0; i < 3; i++) await frame() // the list knows that it scrolls
    return getComputedStyle(document.querySelector("[data-row]")!).pointerEvents
  })
  expect(pointerEvents).toBe("auto")
})

test("a queue is asked for again after another screen, whose time it missed", async () => {
  const { page } = await somebody(browser, "support")
  await open(page, "/inbox/mine")
  let asked = 0
  page.on("request", (request) => new URL(request.url()).pathname === "/tickets" && asked++)
  await page.getByRole("link", { name: /^Notifications/ }).first().click()
  await page.getByRole("heading", { name: "Notifications" }).waitFor()
  expect(asked).toBe(0)
  await page.getByRole("link", { name: /^Inbox/ }).first().click()
  await page.locator("[data-row]").first().waitFor()
  await expect.poll(() => asked, { timeout: 20_000 }).toBe(1)
})
