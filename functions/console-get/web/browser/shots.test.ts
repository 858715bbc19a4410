import { mkdirSync } from "node:fs"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll, test } from "vitest"
import { launch, person, seeded, signInOverApi } from "./console"

// SHOTS=/tmp/shots ROLE=agent SCREENS=/inbox/mine,/profile npm run shots
const folder = process.env.SHOTS!
const role = (process.env.ROLE ?? "customer") as keyof typeof seeded | "nobody"
const screens = (process.env.SCREENS ?? "/tickets").split(",")
const widths = (process.env.WIDTHS ?? "390,1280").split(",").map(Number)
const themes = (process.env.THEMES ?? "light").split(",") as ("light" | "dark")[]

let browser: Browser
beforeAll(async () => {
  mkdirSync(folder, { recursive: true })
  browser = await launch()
})
afterAll(() => browser.close())

for (const language of ["en", "fa"] as const) {
  for (const width of widths) {
    for (const theme of themes) {
      test(`pictures ${language} ${width} ${theme}`, async () => {
        const someone = await person(browser, { language, width, height: width < 640 ? 844 : 800, theme })
        if (role !== "nobody") await signInOverApi(someone, seeded[role])
        for (const screen of screens) {
          await someone.page.goto(`/app${screen}`)
          await someone.page.waitForTimeout(1500)
          await someone.page.screenshot({ path: `${folder}/${screen.replace(/\W+/g, "-").replace(/^-|-$/g, "") || "home"}-${language}-${width}-${theme}.png` })
        }
        if (someone.faults.length) throw new Error(someone.faults.join("\n"))
        await someone.context.close()
      })
    }
  }
}
