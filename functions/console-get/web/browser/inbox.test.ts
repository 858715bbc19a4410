import type { APIRequestContext, Browser, Page } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { apiUrl, launch, newCustomer, password, person, seeded, signInOverApi } from "./console"

let browser: Browser
beforeAll(async () => void (browser = await launch()))
afterAll(() => browser.close())

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
const newId = () => `01KC${Array.from({ length: 22 }, () => alphabet[Math.floor(Math.random() * 32)]).join("")}`

/** Opens a ticket as a new customer and returns it with the customer's requests. */
async function openTicket(title: string) {
  const phone = await newCustomer("Sara Ahmadi")
  const context = await browser.newContext({ baseURL: apiUrl() })
  const { accessToken } = (await (await context.request.post("/login", { data: { phone, password } })).json()) as { accessToken: string }
  const headers = { authorization: `Bearer ${accessToken}` }
  const categories = (await (await context.request.get("/categories")).json()) as { data: { id: string }[] }
  const response = await context.request.post("/tickets", { headers, data: { clientId: newId(), title, description: `${title}: please help`, categoryId: categories.data[0]!.id } })
  expect(response.status(), await response.text()).toBe(201)
  const ticket = (await response.json()) as { id: string; number: string }
  return { ticket, headers, request: context.request }
}

const stateOf = async (request: APIRequestContext, headers: Record<string, string>, id: string) =>
  ((await (await request.get(`/tickets/${id}`, { headers })).json()) as { ticket: { status: string; assignee: { name: string } | null } }).ticket

/** Presses a key of a layout without Latin letters. */
const pressOn = (page: Page, key: string, code: string) =>
  page.evaluate(([key, code]) => document.body.dispatchEvent(new KeyboardEvent("keydown", { key: key!, code: code!, bubbles: true, cancelable: true })), [key, code])

test("9 and 30 a new ticket appears by itself; the whole triage by keys, also on a Persian layout", async () => {
  const agent = await person(browser)
  await signInOverApi(agent, seeded.agent, "/inbox/unassigned")
  const { page } = agent
  await page.getByRole("heading", { name: "Unassigned" }).waitFor()
  await page.waitForTimeout(1_000) // the subscription of the queue
  const { ticket, headers, request } = await openTicket("Broken lamp")
  const row = page.locator(`[data-row="${ticket.id}"]`)
  await row.waitFor()

  await row.focus()
  await page.keyboard.press("Enter")
  await page.getByRole("heading", { name: "Broken lamp" }).waitFor()
  await page.getByRole("feed").getByText("please help").waitFor()
  await pressOn(page, "ه", "KeyI") // take it
  await expect.poll(async () => (await stateOf(request, headers, ticket.id)).assignee?.name, { timeout: 30_000 }).toBe("Reza Karimi")
  await row.waitFor({ state: "detached" })

  await page.keyboard.press("n")
  await page.keyboard.type("the switch is broken")
  await page.keyboard.press("Control+Enter")
  await page.getByRole("feed").getByText("the switch is broken").waitFor()
  await page.keyboard.press("Escape")
  await page.getByRole("textbox", { name: "Write a note" }).evaluate((field) => (field as HTMLElement).blur())
  await page.keyboard.press("p")
  await page.getByRole("combobox", { name: "Priority" }).fill("urg")
  await page.keyboard.press("Enter")
  await page.getByRole("button", { name: /Urgent/ }).waitFor()
  await page.keyboard.press("e")
  await expect.poll(async () => (await stateOf(request, headers, ticket.id)).status, { timeout: 30_000 }).toBe("resolved")
  // The customer never sees the note.
  expect(await (await request.get(`/tickets/${ticket.id}/history`, { headers })).text()).not.toContain("switch is broken")
  expect(agent.faults).toEqual([])
})

test("12 two agents take a ticket: one wins, the other sees who", async () => {
  const { ticket } = await openTicket("Two for one")
  const [first, second] = [await person(browser), await person(browser)]
  await signInOverApi(first, seeded.agent, `/inbox/unassigned/${ticket.id}`)
  await signInOverApi(second, seeded.agent2, `/inbox/unassigned/${ticket.id}`)
  for (const { page } of [first, second]) await page.getByRole("button", { name: "Take it" }).waitFor()
  await first.page.getByRole("button", { name: "Take it" }).click()
  for (const { page } of [first, second]) await page.getByRole("button", { name: "Reza Karimi", exact: true }).first().waitFor()
  await second.page.getByText("Reza Karimi is here too").waitFor()
  expect([...first.faults, ...second.faults]).toEqual([])
})

test("31 the palette finds tickets and commands", async () => {
  const { ticket } = await openTicket("Findable kettle")
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
  expect(agent.faults).toEqual([])
})
