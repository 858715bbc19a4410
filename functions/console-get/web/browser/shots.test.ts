import { mkdirSync } from "node:fs"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll, test } from "vitest"
import { launch, person, seeded, signInOverApi } from "./console"
import { open, somebody } from "./fixtures"
import { screens } from "./screens"

// Screens of a running stack:        SHOTS=/tmp/shots ROLE=agent SCREENS=/inbox/mine,/profile npm run shots
// Screens with fixed answers, by name: SHOTS=/tmp/shots ROLE=fixed SCREENS=inbox npm run shots
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

for (const language of languages) {
  for (const width of widths) {
    for (const theme of themes) {
      const look = { language, width, height: width < 640 ? 844 : 800, theme }
      const picture = (screen: string) => `${folder}/${fileName(screen)}-${language}-${width}-${theme}.png`
      test(`pictures ${language} ${width} ${theme}`, async () => {
        if (role === "fixed") {
          for (const screen of screens.filter(({ name }) => wanted.some((part) => name.startsWith(part)))) {
            const { page, context } = await somebody(browser, screen.role, { ...look, ...screen })
            await open(page, screen.path, screen.state)
            await screen.act?.(page)
            await page.waitForTimeout(300)
            await page.screenshot({ path: picture(screen.name) })
            await context.close()
          }
          return
        }
        const someone = await person(browser, look)
        if (role !== "nobody") await signInOverApi(someone, seeded[role])
        for (const screen of wanted) {
          await someone.page.goto(`/app${screen}`)
          await someone.page.waitForTimeout(1500)
          await someone.page.screenshot({ path: picture(screen) })
        }
        await someone.context.close()
      }, 600_000)
    }
  }
}
