import type { Browser } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { launch } from "./console"
import { open, somebody } from "./fixtures"
import { timeLeft } from "../quality.mjs"
import { height, keyboardFaults, recordTally, type Tally } from "./quality"
import { screens } from "./screens"

// QUALITY_FULL=1: every screen at two widths; else a sample of each kind of screen at one.
const full = Boolean(process.env.QUALITY_FULL)
const walks: Tally = { count: 0, left: 0, faults: [] }

let browser: Browser
beforeAll(async () => void (browser = await launch()))
afterAll(async () => {
  await browser.close()
  recordTally("keyboard alone", "walks", walks)
})

const walked = ["sign in", "new ticket", "ticket", "profile", "inbox, ticket", "user", "dashboard", "inbox, palette"]

test.each(full ? screens.filter(({ state }) => state !== "loading") : screens.filter(({ name }) => walked.includes(name)))("40 Tab reaches every control, shows the focus and leaves: $name", async (screen) => {
  for (const width of full ? [390, 1280] : [walked.indexOf(screen.name) % 2 ? 390 : 1280]) {
    if (!timeLeft()) {
      walks.left++
      continue
    }
    const { page, context } = await somebody(browser, screen.role, { width, height: height(width), state: screen.state ?? "full", language: width === 390 ? "fa" : "en" })
    await open(page, screen.path, screen.state)
    await screen.act?.(page)
    const faults = await keyboardFaults(page)
    walks.count++
    walks.faults.push(...faults.map((fault) => `${screen.name}, ${width} px: ${fault}`))
    expect(faults, `${screen.name}, ${width} px`).toEqual([])
    await context.close()
  }
}, 300_000)
