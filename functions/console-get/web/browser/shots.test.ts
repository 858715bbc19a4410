import { mkdirSync } from "node:fs"
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, test } from "vitest"
import { launch, person, seeded, signInOverApi } from "./console"
import { open, somebody } from "./fixtures"
import { height } from "./quality"
import { screens } from "./screens"

// Screens of a running stack:        SHOTS=/tmp/shots ROLE=agent SCREENS=/inbox/mine,/profile npm run shots
// Screens with fixed answers, by name: SHOTS=/tmp/shots ROLE=fixed SCREENS=inbox npm run shots
// FORCED=1 draws these in forced colours, TEXT=200% with larger text.
const folder = process.env.SHOTS!
const role = (process.env.ROLE ?? "customer") as keyof typeof seeded | "nobody" | "fixed"
const wanted = (process.env.SCREENS ?? "/tickets").split(",")
const widths = (process.env.WIDTHS ?? "390,1280").split(",").map(Number)
const themes = (process.env.THEMES ?? "light").split(",") as ("light" | "dark")[]
const languages = (process.env.LANGUAGES ?? "en,fa").split(",") as ("en" | "fa")[]

let browser: Browser
beforeAll(async () => {
  mkdirSync(folder, { recursive: true })
  browser = await launch()
})
afterAll(() => browser.close())

const fileName = (screen: string) => screen.replace(/\W+/g, "-").replace(/^-|-$/g, "") || "home"

const picture = (screen: string, language: string, width: number, theme: string) => `${folder}/${fileName(screen)}-${language}-${width}-${theme}.png`

/** Draws the screen that is open at each width and in each theme. */
async function draw(page: Page, screen: string, language: string): Promise<void> {
  for (const width of widths) {
    await page.setViewportSize({ width, height: height(width) })
    for (const theme of themes) {
      await page.emulateMedia({ colorScheme: theme, forcedColors: process.env.FORCED ? "active" : "none" })
      await page.waitForTimeout(300)
      await page.screenshot({ path: picture(screen, language, width, theme) })
    }
  }
}

for (const language of languages) {
  test.runIf(role === "fixed").each(screens.filter(({ name }) => wanted.some((part) => name.startsWith(part))))(`pictures ${language}: $name`, async (screen) => {
    const { page, context } = await somebody(browser, screen.role, { language, width: widths[0]!, state: screen.state ?? "full" })
    await open(page, screen.path, screen.state)
    if (process.env.TEXT) await page.evaluate((size) => (document.documentElement.style.fontSize = size), process.env.TEXT)
    await screen.act?.(page)
    await draw(page, screen.name, language)
    await context.close()
  })
  test.runIf(role !== "fixed")(`pictures ${language}`, async () => {
    const someone = await person(browser, { language })
    if (role !== "nobody") await signInOverApi(someone, seeded[role as keyof typeof seeded])
    for (const screen of wanted) {
      await someone.page.goto(`/app${screen}`)
      await someone.page.waitForTimeout(1500)
      await draw(someone.page, screen, language)
    }
  }, 600_000)
}
