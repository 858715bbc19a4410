import type { Browser } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { customerWithTicket } from "./api"
import { caller, launch, newId, openTicketAs, person, seeded, signInOverApi, writeAs } from "./console"

let browser: Browser
beforeAll(async () => void (browser = await launch()))
afterAll(() => browser.close())

test("32 a search finds Persian words however they are typed", async () => {
  const { phone, ticket } = await customerWithTicket("کارت‌های بانکی من کار نمی‌کند")
  const agent = await person(browser, { language: "fa" })
  await signInOverApi(agent, seeded.agent, "/inbox/all")
  const customer = await person(browser, { language: "fa", width: 390 })
  await signInOverApi(customer, phone, "/tickets")
  // Arabic kaf and yeh, a space instead of a half-space, the word without its ending.
  for (const words of ["كارت‌هاي بانكي", "کارت های بانکی", "كارت"]) {
    await agent.page.getByRole("search").getByRole("textbox").fill(words)
    await agent.page.waitForURL((url) => url.searchParams.get("q") === words)
    await agent.page.locator(`[data-row="${ticket.id}"]`).waitFor({ timeout: 60_000 })
    await customer.page.getByRole("searchbox").fill(words)
    await customer.page.getByRole("link", { name: /کارت‌های بانکی/ }).waitFor({ timeout: 60_000 })
  }
  await customer.page.getByRole("searchbox").fill("هیچ‌کجا")
  await customer.page.getByText("چیزی پیدا نشد").waitFor({ timeout: 60_000 })
})

test("33 after fifty live changes a queue has the order of the server", async () => {
  const { customer, ticket } = await customerWithTicket("Order 0")
  const [assignee, colleague] = [await caller(seeded.agent2), await caller(seeded.agent)]
  const assign = (id: string) => assignee("POST", `/tickets/${id}/assign`, { clientId: newId(), assigneeId: "me" })
  await assign(ticket.id)
  const agent = await person(browser, { height: 2400 })
  const { page } = agent
  const requests: string[] = []
  page.on("request", (request) => void (/\/tickets\?/.test(request.url()) && requests.push(request.url())))
  await signInOverApi(agent, seeded.agent2, "/inbox/mine")
  await page.locator(`[data-row="${ticket.id}"]`).waitFor()
  await expect.poll(() => requests.length, { timeout: 60_000 }).toBe(2) // at the start, and when the socket has opened
  await page.waitForLoadState("networkidle")

  const ids = [ticket.id]
  for (let i = 1; i < 7; i++) {
    ids.push((await openTicketAs(customer, `Order ${i}`)).id)
    await assign(ids[i]!)
  }
  const priorities = ["urgent", "low", "high", "medium"]
  const statuses = ["pending", "resolved", "open", "on_hold"]
  for (let i = 0; i < 42; i++) {
    const id = ids[(i * 3) % ids.length]! // each kind of change comes to each ticket
    if (i % 4 === 0) await colleague("PATCH", `/tickets/${id}`, { priority: priorities[(i / 4) % 4] })
    else if (i % 4 === 1) await writeAs(colleague, id, `answer ${i}`)
    else if (i % 4 === 2) await writeAs(customer, id, `question ${i}`)
    else await colleague("POST", `/tickets/${id}/status`, { clientId: newId(), status: statuses[Math.floor(i / 4) % 4] })
  }
  const shown = () => page.locator("[data-row]").evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset.row))
  const server = async () => (await assignee<{ data: { id: string }[] }>("GET", "/tickets?assignee=me&status=new,open,pending,on_hold&sort=waiting&limit=50")).data.map((each) => each.id)
  await expect.poll(async () => ({ shown: await shown(), server: await server() }), { timeout: 60_000 }).toSatisfy(({ shown, server }) => shown.join() === server.join())
  expect((await shown()).filter((id) => ids.includes(id!)).length).toBeGreaterThan(3)
  expect(requests).toHaveLength(2) // all else came by frames
})
