import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { launch } from "./console"
import { open, somebody } from "./fixtures"
import { record, timeLeft } from "../quality.mjs"
import { height } from "./quality"
import { screens } from "./screens"

// Pictures of the main screens, with fixed answers, time and font. UPDATE_GOLDEN=1 draws them again.
// Another major version of Chromium may draw a line differently, so it compares nothing.
const folder = join(import.meta.dirname, "golden")
const versionFile = join(folder, "chromium")
// QUALITY_FULL=1: every width; else a desktop in English and a phone in Persian.
const full = Boolean(process.env.QUALITY_FULL ?? process.env.UPDATE_GOLDEN)
const update = Boolean(process.env.UPDATE_GOLDEN)
const most = 0.001
const widths = [390, 768, 1280] as const

const pictures = { compared: 0, different: [] as string[] }

let browser: Browser
let canvas: Page
let drawnBy: string
const major = () => browser.version().split(".")[0]!
beforeAll(async () => {
  browser = await launch()
  canvas = await browser.newPage()
  mkdirSync(folder, { recursive: true })
  if (update) writeFileSync(versionFile, `${major()}\n`)
  drawnBy = readFileSync(versionFile, "utf8").trim()
})
afterAll(async () => {
  await browser.close()
  const { compared, different } = pictures
  record("accessibility", "pictures as before", `${different.length} of ${compared} differ`, "0", compared === 2 * golden.length * widths.length && !different.length, different.slice(0, 3).join("; "))
})

const url = (picture: Buffer) => `data:image/png;base64,${picture.toString("base64")}`

/** A picture with 16 steps of each colour, which is smaller. */
const smaller = async (png: Buffer): Promise<Buffer> =>
  Buffer.from(
    (
      await canvas.evaluate(async (source) => {
        const image = await createImageBitmap(await (await fetch(source)).blob())
        const drawn = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height })
        const context = drawn.getContext("2d")!
        context.drawImage(image, 0, 0)
        const pixels = context.getImageData(0, 0, image.width, image.height)
        for (let i = 0; i < pixels.data.length; i++) pixels.data[i] = Math.round(pixels.data[i]! / 17) * 17
        context.putImageData(pixels, 0, 0)
        return drawn.toDataURL("image/png")
      }, url(png))
    ).split(",")[1]!,
    "base64",
  )

/** The share of pixels that differ visibly. */
const difference = (golden: Buffer, png: Buffer): Promise<number> =>
  canvas.evaluate(async ([a, b]) => {
    const visible = 32
    const pixels = async (source: string) => {
      const image = await createImageBitmap(await (await fetch(source)).blob())
      const context = new OffscreenCanvas(image.width, image.height).getContext("2d")!
      context.drawImage(image, 0, 0)
      return context.getImageData(0, 0, image.width, image.height)
    }
    const [one, other] = [await pixels(a!), await pixels(b!)]
    if (one.width !== other.width || one.height !== other.height) return 1
    let count = 0
    for (let i = 0; i < one.data.length; i += 4) if ([0, 1, 2].some((c) => Math.abs(one.data[i + c]! - other.data[i + c]!) > visible)) count++
    return count / (one.width * one.height)
  }, [url(golden), url(png)])

/** The fonts of the machine that a page has used. */
async function foreignFonts(page: Page): Promise<string[]> {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send("DOM.enable")
  await devtools.send("CSS.enable")
  const { root } = await devtools.send("DOM.getDocument", { depth: -1 })
  const { nodeIds } = await devtools.send("DOM.querySelectorAll", { nodeId: root.nodeId, selector: "#app" })
  const { fonts } = await devtools.send("CSS.getPlatformFontsForNode", { nodeId: nodeIds[0]! })
  return fonts.filter((font) => !font.isCustomFont).map((font) => `${font.familyName}: ${font.glyphCount} glyphs`)
}

const golden = screens.filter((screen) => screen.golden)
test.for((["en", "fa"] as const).flatMap((language) => golden.map((screen) => ({ language, screen, name: screen.name }))))("41 $name looks as before, $language", { timeout: 300_000 }, async ({ language, screen }, { skip }) => {
  expect(timeLeft(), "the deadline of the check has come").toBe(true)
  const { page, context } = await somebody(browser, screen.role, { language })
  const different: string[] = []
  for (const width of full ? widths : [language === "en" ? 1280 : 390]) {
    await page.setViewportSize({ width, height: height(width) })
    await open(page, screen.path)
    const png = await page.screenshot({ animations: "disabled", caret: "hide" })
    expect(await foreignFonts(page), "a glyph is not in the font of the console").toEqual([])
    const file = join(folder, `${screen.name.replace(/\W+/g, "-")}-${language}-${width}.png`)
    if (update) writeFileSync(file, await smaller(png))
    else if (drawnBy === major()) {
      const share = existsSync(file) ? await difference(readFileSync(file), png) : 1
      pictures.compared++
      if (share <= most) continue
      const now = file.replace(/\.png$/, ".now.png")
      writeFileSync(now, png)
      different.push(`${now}: ${(share * 100).toFixed(2)} % differ`)
    }
  }
  pictures.different.push(...different)
  await context.close()
  expect(different).toEqual([])
  skip(!update && drawnBy !== major(), `not compared: drawn by Chromium ${drawnBy}, this is ${major()}`)
})
