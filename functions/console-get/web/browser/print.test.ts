import type { Browser } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { caller, launch, newCustomer, newId, openTicketAs, person, seeded, signInOverApi, writeAs } from "./console"

let browser: Browser
beforeAll(async () => void (browser = await launch()))
afterAll(() => browser.close())

test("a ticket is printed whole, on white, without the controls around it", async () => {
  const phone = await newCustomer("Sara Ahmadi")
  const [call, agent] = await Promise.all([caller(phone), caller(seeded.agent)])
  const { id } = await openTicketAs(call, "A long conversation")
  for (let i = 1; i <= 24; i++) await writeAs(i % 2 ? call : agent, id, i % 2 ? `question ${i}` : `پاسخ ${i}`)
  await agent("POST", `/tickets/${id}/messages`, { clientId: newId(), body: "secret note", internal: true })
  for (const { language, theme, who, path, print, controls } of [
    { language: "en", theme: "dark", who: phone, path: `/tickets/${id}`, print: "Print", controls: ["nav.rail", ".composer", ".list"] },
    { language: "fa", theme: "light", who: seeded.agent, path: `/inbox/all/${id}`, print: "چاپ", controls: ["nav.rail", ".composer", ".queue", ".details", ".pane-head button"] },
  ] as const) {
    const someone = await person(browser, { language, theme })
    const { page, faults } = someone
    await page.addInitScript(() => (window.print = () => dispatchEvent(new Event("beforeprint"))))
    await signInOverApi(someone, who, path)
    await page.locator(".bubble", { hasText: "پاسخ 24" }).waitFor()
    await page.locator(".ticket-head, .pane-head").locator("[aria-haspopup=menu]").click()
    await page.getByRole("menuitem", { name: print }).click()
    await page.locator(".bubble", { hasText: "please help" }).waitFor() // the oldest one, which no screen had
    await page.emulateMedia({ media: "print" })
    for (const text of ["question 1", "question 13", "پاسخ 24"]) await page.locator(".bubble", { hasText: new RegExp(`${text}$`) }).waitFor()
    expect(await page.locator(".bubble", { hasText: "secret note" }).count()).toBe(who === phone ? 0 : 1)
    for (const control of controls) expect(await page.locator(control).locator("visible=true").count(), control).toBe(0)
    expect(await page.evaluate(() => getComputedStyle(document.body).colorScheme + getComputedStyle(document.documentElement).backgroundColor)).toBe("lightrgb(255, 255, 255)")
    expect(await page.locator(".message-author").locator("visible=true").allTextContents().then((names) => names.join())).toContain("Sara Ahmadi")
    expect(await page.locator(".log-day").first().textContent()).toMatch(language === "en" ? /\d{4}$/ : /[۰-۹]{4}$/)
    // Everything follows one after another: no scroll area cuts the page.
    const bubbles = await page.locator(".bubble").evaluateAll((all) => all.map((each) => each.getBoundingClientRect()).map(({ top, bottom, height }) => ({ top, bottom, height })))
    expect(bubbles.length).toBeGreaterThanOrEqual(25)
    bubbles.forEach((bubble, i) => expect(bubble.height > 0 && bubble.top >= (bubbles[i - 1]?.bottom ?? 0)).toBe(true))
    expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBeGreaterThanOrEqual(bubbles.at(-1)!.bottom)
    if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/print-${language}.png`, fullPage: true })
    expect(faults).toEqual([])
  }
})
