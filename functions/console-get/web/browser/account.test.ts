import type { Browser } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { codeFor, launch, logInOverApi, newPhone, password, person, seeded } from "./console"

let browser: Browser
beforeAll(async () => void (browser = await launch()))
afterAll(() => browser.close())

const persian = (text: string) => text.replace(/\d/g, (digit) => "۰۱۲۳۴۵۶۷۸۹"[Number(digit)]!)

test("1 sign up by code, in Persian with Persian digits", async () => {
  const { page, faults } = await person(browser, { language: "fa", width: 390 })
  const phone = newPhone()
  await page.goto("/app/")
  await page.getByRole("link", { name: "ساخت حساب" }).click()
  await page.getByLabel("شمارهٔ همراه").fill(persian(phone))
  await page.getByRole("button", { name: "فرستادن کد" }).click()
  const code = page.getByLabel("کد", { exact: true })
  await code.fill(persian("000000"))
  await page.getByLabel("نام شما").fill("سارا احمدی")
  const secret = page.getByLabel("گذرواژه", { exact: true })
  await secret.pressSequentially("short")
  await secret.press("Enter")
  expect(await secret.evaluate((field: HTMLInputElement) => field.validationMessage)).toBe("دست‌کم ۸ نویسه.") // not in the language of the browser
  await secret.fill(password)
  await secret.press("Enter")
  await page.getByText("این کد نادرست").waitFor()
  await expect.poll(() => code.evaluate((field) => field === document.activeElement)).toBe(true)
  await page.keyboard.press("Control+a")
  await page.keyboard.type(await codeFor(phone))
  await page.keyboard.press("Enter")
  await page.getByRole("navigation", { name: "اصلی" }).waitFor()
  expect(await page.getAttribute("html", "dir")).toBe("rtl")
  expect(faults).toEqual([])
})

test("2 and 3 sign in by password, reload, sign out; a deep link survives", async () => {
  const { page, faults } = await person(browser)
  await page.goto("/app/notifications")
  await page.getByLabel("Mobile number").fill(seeded.customer)
  await page.getByLabel("Password", { exact: true }).fill("wrong-password")
  await page.getByRole("button", { name: "Sign in", exact: true }).click()
  await page.getByRole("alert").waitFor()
  await page.getByLabel("Password", { exact: true }).fill(password)
  await page.getByRole("button", { name: "Sign in", exact: true }).click()
  await page.getByRole("heading", { name: "Notifications" }).waitFor()
  await page.reload()
  await page.getByRole("heading", { name: "Notifications" }).waitFor()
  await page.getByRole("button", { name: /Amir/ }).click()
  await page.getByRole("menuitem", { name: "Sign out" }).click() // a write, with the token of the reloaded page
  await page.getByLabel("Mobile number").waitFor()
  expect(faults).toEqual([])
})

test("8 a customer meets no screen of the staff", async () => {
  const { page, context } = await person(browser)
  await logInOverApi(context, seeded.customer)
  for (const path of ["/app/inbox/mine", "/app/admin", "/app/nowhere"]) {
    await page.goto(path)
    await page.getByRole("heading", { name: "Not there, or not yours" }).waitFor()
  }
})
