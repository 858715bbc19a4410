import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { codeFor, launch, password, person, seeded } from "./console"
import { startStack } from "./stack"

// Staff of this stack sign in with a code and the password, as those of production do.
let browser: Browser
let stop: () => Promise<void>
beforeAll(async () => {
  const stack = await startStack("StaffSecondFactor=on")
  stop = stack.stop
  process.env.API_URL = stack.url // of this file only
  browser = await launch()
}, 600_000)
afterAll(async () => {
  await browser.close()
  await stop()
})

/** Enters the code that is sent after the former one. */
async function enterCode(page: Page, former = ""): Promise<string> {
  const field = page.getByLabel("Code", { exact: true })
  await field.waitFor()
  await expect.poll(() => codeFor(seeded.agent), { timeout: 60_000 }).not.toBe(former)
  const code = await codeFor(seeded.agent)
  await field.fill(code)
  return code
}

test("an agent signs in with the password and a code, and changes the password in the profile", async () => {
  const { page, faults } = await person(browser)
  page.setDefaultTimeout(120_000) // the functions of this stack start here
  const newPassword = "another-horse-8"
  await page.goto("/app/profile")
  await page.getByLabel("Mobile number").fill(seeded.agent)
  await page.getByLabel("Password", { exact: true }).fill(password)
  await page.getByRole("button", { name: "Sign in", exact: true }).click()
  await page.getByText("Your account needs a code too").waitFor()
  const loginCode = await enterCode(page) // six digits sign in
  await page.getByRole("heading", { name: "Your data" }).waitFor()

  await page.getByRole("button", { name: "Change the password" }).click()
  const dialog = page.getByRole("dialog")
  await dialog.getByRole("button", { name: "Send the code" }).click()
  await enterCode(page, loginCode)
  await dialog.getByLabel("New password").fill(newPassword)
  const change = () => dialog.getByRole("button", { name: "Change the password" }).click()
  await change()
  await dialog.getByText("Staff need the current password too").waitFor()
  await dialog.getByLabel("Your password").fill("wrong-password")
  await change()
  await dialog.getByText("The password is wrong").waitFor()
  await dialog.getByLabel("Your password").fill(password)
  await change()

  // All sessions have ended: the profile stays under the sign-in, which takes the new password.
  await page.getByRole("dialog", { name: "Your session has ended" }).getByLabel("Password", { exact: true }).fill(newPassword)
  await page.getByRole("button", { name: "Sign in", exact: true }).click()
  await page.getByText("Your account needs a code too").waitFor()
  expect(faults).toEqual([])
})
