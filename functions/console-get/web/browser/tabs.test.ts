import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Browser, BrowserContext, Page } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { customerWithTicket } from "./api"
import { caller, launch, launchProfile, logInOverApi, newId, password, person, seeded, setVisible, signInOverApi, writeAs } from "./console"

let browser: Browser
beforeAll(async () => void (browser = await launch()))
afterAll(() => browser.close())

test("28 a draft survives a crash, a colleague who takes the ticket, and another queue", async () => {
  const { ticket } = await customerWithTicket("Draft")
  const profile = mkdtempSync(join(tmpdir(), "console-"))
  const open = async (path: string): Promise<{ context: BrowserContext; page: Page }> => {
    const context = await launchProfile(profile)
    const page = context.pages()[0] ?? (await context.newPage())
    await logInOverApi(context, seeded.agent)
    await page.setViewportSize({ width: 1440, height: 800 }) // the queues are a list
    await page.goto(`/app${path}`)
    return { context, page }
  }
  let { context, page } = await open(`/inbox/unassigned/${ticket.id}`)
  const draft = () => page.getByRole("textbox", { name: /^Reply to/ })
  await draft().fill("half a sen")
  await (await caller(seeded.agent2))("POST", `/tickets/${ticket.id}/assign`, { clientId: newId(), assigneeId: "me" })
  await page.locator(".details").getByRole("button", { name: "Sara Hosseini" }).waitFor({ timeout: 60_000 })
  expect(await draft().inputValue()).toBe("half a sen")
  await page.locator("nav.queues").getByRole("link", { name: /^All/ }).click()
  await page.locator(`[data-row="${ticket.id}"]`).click()
  expect(await draft().inputValue()).toBe("half a sen")
  await draft().fill("half a sentence")
  await page.waitForTimeout(400) // a draft is stored 200 ms after the last key
  const devtools = await context.newCDPSession(page)
  const gone = new Promise((resolve) => context.on("close", resolve))
  void devtools.send("Browser.crash").catch(() => {})
  await gone
  ;({ context, page } = await open(`/inbox/all/${ticket.id}`))
  await expect.poll(() => draft().inputValue(), { timeout: 60_000 }).toBe("half a sentence")
  await context.close()
  rmSync(profile, { recursive: true, force: true })
})

test("who signs out in one tab is signed out in all, leaves nothing on the device, and can sign in again", async () => {
  const { ticket, phone } = await customerWithTicket("Signed out")
  const someone = await person(browser)
  await signInOverApi(someone, phone, `/tickets/${ticket.id}`)
  const { page, context } = someone
  const other = await context.newPage()
  await other.goto(`/app/tickets/${ticket.id}`)
  await other.getByRole("feed").getByText("please help").waitFor()
  await other.getByLabel("Write a message").fill("half a sentence")
  await page.waitForTimeout(400) // a draft is stored 200 ms after the last key
  await page.getByRole("button", { name: /Sara/ }).click()
  await page.getByRole("menuitem", { name: "Sign out" }).click()
  const question = page.getByRole("dialog", { name: "Sign out without sending?" })
  await question.waitFor()
  await other.getByLabel("Write a message").fill("half a sentence, and its end")
  await question.getByRole("button", { name: "Sign out" }).click()
  for (const tab of [page, other]) await tab.getByLabel("Mobile number").waitFor()
  const left = () => page.evaluate(async () => [...(await indexedDB.databases()).map(({ name }) => name), ...Object.keys(localStorage).filter((key) => /^(draft|user)/.test(key))])
  await expect.poll(left, { timeout: 60_000 }).toEqual([])
  await page.getByLabel("Mobile number").fill(phone)
  await page.getByLabel("Password", { exact: true }).fill(password)
  await page.getByRole("button", { name: "Sign in", exact: true }).click()
  await page.getByRole("link", { name: /Signed out/ }).waitFor()
  expect(someone.faults).toEqual([])
})

test("of the hidden pages one keeps its socket; a page that is shown again misses nothing", async () => {
  const { ticket } = await customerWithTicket("Many tabs")
  const someone = await person(browser)
  await someone.context.clock.install()
  const open: (() => boolean)[] = []
  const sockets = async () => {
    const alive = open.map((isOpen) => isOpen())
    return alive.filter(Boolean).length
  }
  someone.context.on("page", (page) => page.on("websocket", (socket) => void open.push(() => !socket.isClosed() && !page.isClosed())))
  await signInOverApi(someone, seeded.agent)
  const pages: Page[] = []
  for (let i = 0; i < 3; i++) {
    const page = await someone.context.newPage()
    await page.goto(`/app/inbox/all/${ticket.id}`)
    await page.getByRole("feed").getByText("please help").waitFor()
    pages.push(page)
  }
  await someone.page.close()
  const [first, second, third] = pages as [Page, Page, Page]
  await expect.poll(sockets, { timeout: 60_000 }).toBe(3)
  for (const page of [first, second]) await setVisible(page, false)
  for (const page of pages) await page.clock.fastForward("01:01")
  await expect.poll(sockets, { timeout: 60_000 }).toBe(2)
  await writeAs(await caller(seeded.agent2), ticket.id, "while hidden")
  await first.close() // it has the socket of the hidden pages; now the second one takes it
  await third.getByRole("feed").getByText("while hidden").waitFor({ timeout: 60_000 })
  await expect.poll(sockets, { timeout: 60_000 }).toBe(2)
  await setVisible(second, true)
  await second.getByRole("feed").getByText("while hidden").waitFor({ timeout: 60_000 })
})
