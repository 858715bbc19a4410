import type { Browser } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { launch, newCustomer, newId, person, seeded, signInOverApi } from "./console"
import { open, somebody } from "./fixtures"

let browser: Browser
beforeAll(async () => void (browser = await launch()))
afterAll(() => browser.close())

test("35 a role is changed; the last administrator cannot lose the role", async () => {
  const name = `Mina ${Date.now()}`
  const phone = await newCustomer(name)
  const admin = await person(browser)
  await signInOverApi(admin, seeded.admin, "/admin/users")
  const { page } = admin
  await page.getByLabel("Search").fill(phone)
  await page.getByRole("button", { name: new RegExp(name) }).click()
  await page.getByRole("dialog").getByLabel("Role").selectOption("support")
  await page.getByRole("button", { name: "Save" }).click()
  await page.getByRole("button", { name: new RegExp(`${name}.*Support`) }).waitFor()

  await page.getByLabel("Search").fill(seeded.admin)
  await page.locator(".admin-rows").getByRole("button", { name: /Parisa/ }).click()
  await page.getByRole("dialog").getByLabel("Role").selectOption("user")
  await page.getByRole("button", { name: "Save" }).click()
  await page.getByRole("dialog").getByRole("alert").waitFor()
  expect(admin.faults).toEqual([])
})

test("34 and 37 a broadcast says how many it reaches; a category has two languages", async () => {
  const admin = await person(browser)
  const title = `Holiday ${Date.now()}`
  await signInOverApi(admin, seeded.admin, "/admin/broadcasts")
  const { page } = admin
  await page.getByRole("button", { name: "New broadcast" }).click()
  const english = page.getByRole("group", { name: "English" })
  await english.getByLabel("Title").fill(title)
  await english.getByLabel("Text").fill("We are closed on Friday.")
  await page.getByRole("dialog").getByLabel("Push message").check()
  const persian = page.getByRole("group", { name: "فارسی" })
  await persian.getByLabel("Title").fill("تعطیلی")
  const reviewButton = page.getByRole("button", { name: "Review" })
  await reviewButton.click()
  await persian.getByText("Fill in this field.").waitFor() // a title without a text
  await page.keyboard.press("Escape")
  await page.getByRole("button", { name: "New broadcast" }).click()
  expect(await english.getByLabel("Title").inputValue()).toBe(title) // closing keeps what was written
  await persian.getByLabel("Text").fill("جمعه تعطیل هستیم.")
  await reviewButton.click()
  await page.getByRole("figure").filter({ hasText: "جمعه تعطیل هستیم." }).waitFor()
  await page.getByText(/To \d+ people\?/).waitFor()
  await page.getByRole("button", { name: "Send now" }).click()
  await page.getByRole("article").filter({ hasText: title }).getByText("Done").first().waitFor({ timeout: 60_000 })

  await page.goto("/app/admin/categories")
  await page.getByRole("button", { name: "New category" }).click()
  const names = page.getByRole("dialog").getByLabel("Name")
  expect(await names.first().evaluate((field) => field === document.activeElement)).toBe(true)
  await names.first().fill("Refunds")
  await names.last().fill("بازگشت وجه")
  await page.getByRole("button", { name: "Save" }).click()
  const refunds = page.getByRole("button", { name: /Refunds.*بازگشت وجه/ })
  await refunds.click()
  await page.getByLabel("Position in the list").selectOption("First")
  await page.getByRole("button", { name: "Save" }).click()
  await page.locator(".admin-rows .admin-row").first().filter({ hasText: "Refunds" }).click()
  await page.getByRole("button", { name: "Remove the category…" }).click()
  await page.getByRole("button", { name: "Remove the category", exact: true }).click()
  await refunds.waitFor({ state: "detached" })
  expect(admin.faults).toEqual([])
})

test("36 and 38 dashboard, activity, audit and health show what the API has", async () => {
  const admin = await person(browser, { language: "fa" })
  await signInOverApi(admin, seeded.admin, "/admin")
  const { page } = admin
  for (const [path, heading] of [["/admin", "داشبورد"], ["/admin/activity", "فعالیت"], ["/admin/audit", "ممیزی"], ["/admin/health", "سلامت"]] as const) {
    await page.goto(`/app${path}`)
    await page.getByRole("heading", { name: heading, level: 1 }).waitFor()
    await page.locator(".admin-screen .tile, .admin-screen .admin-row, .admin-screen .empty").first().waitFor()
    // Of the parts of the system, both the names and what is said of them are Persian.
    if (path === "/admin/health") expect((await page.locator(".admin-rows", { has: page.locator("bdi[title]") }).innerText()).replace(/\S+T\S+Z/g, "")).not.toMatch(/[A-Za-z]/)
    expect(await page.getByRole("alert").count()).toBe(0)
  }
  expect(admin.faults).toEqual([])
})

test("a recipient reads the whole text of a broadcast, which has no other screen, with its lines", async () => {
  const { page, context } = await somebody(browser, "user", { width: 390 })
  const body = `First line\n${"and much more text ".repeat(40)}`
  const notification = { id: newId(), kind: "broadcast", title: "Maintenance", body, ticketId: null, read: false, createdAt: new Date().toISOString(), deliveries: {} }
  await context.route(/\/notifications\?/, (route) => route.fulfill({ json: { data: [notification], page: { hasMore: false, next: null }, unread: 1 } }))
  await open(page, "/notifications")
  const text = page.locator(".notice-body")
  expect(await text.evaluate((element) => element.clientHeight)).toBeGreaterThan(200) // two lines are 40
  expect(await text.innerText()).toMatch(/^First line\n/)
})
