import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { launch, type Person } from "./console"
import { open, type Role, somebody, type State } from "./fixtures"
import { timeLeft } from "../quality.mjs"
import { cramped, height, latinDigits, looksOf, moving, recordTally, type Tally, tooWide, violations } from "./quality"
import { type Screen, screens } from "./screens"

// QUALITY_FULL=1: every screen in every look; else a sample of each kind of screen in one look.
const full = Boolean(process.env.QUALITY_FULL)
const sample = ["sign in", "tickets", "tickets, none", "new ticket, file", "ticket", "ticket, menu", "profile", "notifications, error", "inbox", "inbox, loading", "inbox, ticket", "inbox, palette", "inbox, tags", "dashboard", "user", "new broadcast", "audit"]
const chosen = full ? screens : screens.filter(({ name }) => sample.includes(name))
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

const looks: Tally = { count: 0, left: 0, faults: [] }

let browser: Browser
beforeAll(async () => void (browser = await launch()))
afterAll(async () => {
  await browser.close()
  recordTally("WCAG 2.2 AA, width, Persian digits", `looks at ${chosen.length} screens`, looks)
})

/** Waits for the next frame too: what hides at a change of the size has done so. */
async function resize(page: Page, width: number, height: number): Promise<void> {
  await page.setViewportSize({ width, height })
  await page.evaluate(() => new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))))
}

interface Task {
  screen: Screen
  widths: readonly number[]
}

/** The tasks by what they need of a browser, because a new one for each screen takes longer than the screen. */
function grouped(): Map<string, Task[]> {
  const groups = new Map<string, Task[]>()
  const kinds = [...new Set(chosen.map(({ role, state }) => role + state))]
  chosen.forEach((screen, i) => {
    for (const { language, theme, widths } of looksOf(kinds.indexOf(screen.role + screen.state), i, full)) {
      const key = [screen.role, screen.state ?? "full", language, theme].join()
      groups.set(key, [...(groups.get(key) ?? []), { screen, widths }])
    }
  })
  return groups
}

/** A new context, where axe is a script of each page. */
async function visitor(role: string, state: string, language: string, theme: string): Promise<Person> {
  const one = await somebody(browser, role as Role, { state: state as State, language: language as "en", theme: theme as "light" })
  await one.context.addInitScript(axe)
  await one.page.emulateMedia({ reducedMotion: "reduce" }) // a dialog that appears has no contrast yet
  return one
}

test.each([...grouped()])("39, 41 and 44 no violation, no sideways scrolling, Persian digits: %s", async (key, tasks) => {
  const [role, state, language, theme] = key.split(",") as [string, string, string, string]
  const { page, context } = await visitor(role, state, language, theme)
  const faults: string[] = []
  const note = (screen: Screen, look: string, found: string[]) => faults.push(...found.map((fault) => `${screen.name}, ${look}: ${fault}`))
  for (const { screen, widths } of tasks) {
    if (!timeLeft()) {
      looks.left += widths.length
      continue
    }
    await page.setViewportSize({ width: widths.at(-1)!, height: height(widths.at(-1)!) })
    await open(page, screen.path, screen.state)
    await screen.act?.(page)
    if (language === "fa") note(screen, "fa", await latinDigits(page))
    for (const width of widths.toReversed()) {
      looks.count++
      await resize(page, width, height(width))
      note(screen, `${width} px`, [...(await violations(page)), ...(await tooWide(page))])
    }
    await resize(page, 320, 640)
    note(screen, "320 px", await tooWide(page))
    await page.evaluate(() => (document.documentElement.style.fontSize = "200%"))
    for (const width of full ? [640, 1280] : [1280]) {
      await resize(page, width, 800)
      note(screen, `${width} px, text of 200 %`, await tooWide(page))
    }
    if (screen.state === undefined) {
      await resize(page, 320, 640)
      note(screen, "320 px, text of 200 %", await cramped(page))
    }
    await page.evaluate(() => (document.documentElement.style.fontSize = ""))
  }
  looks.faults.push(...faults)
  expect(faults).toEqual([])
  await context.close()
}, 900_000)

test("nothing moves for those who asked for less motion", async () => {
  for (const { role, path, state, act } of screens.filter(({ name }) => ["tickets, loading", "inbox, assign", "new broadcast"].includes(name))) {
    const { page, context } = await somebody(browser, role, { state: state ?? "full" })
    await page.emulateMedia({ reducedMotion: "reduce" })
    await open(page, path, state)
    await act?.(page)
    expect(await moving(page)).toEqual([])
    await context.close()
  }
})
