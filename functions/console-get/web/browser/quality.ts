import type { Page } from "playwright-core"
import { record } from "../quality.mjs"

/** What has been looked at and found, and what there was no time for, for the quality report. */
export interface Tally {
  count: number
  left: number
  faults: string[]
}

export const recordTally = (name: string, what: string, { count, left, faults }: Tally): void =>
  record("accessibility", name, `${faults.length} faults in ${count} ${what}${left ? `, no time for ${left} more` : ""}`, "0 faults", !faults.length && !left, faults.slice(0, 3).join("; "))

/** Pixels of a window of a width: a phone is higher than wide. */
export const height = (width: number): number => (width < 640 ? 844 : 800)

// What is measured on a screen. The functions run in the page, so each is complete in itself.

/** Texts of the interface with a Latin digit: in Persian, numbers have Persian digits. */
export const latinDigits = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const found: string[] = []
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      // What people wrote is shown as they wrote it; codes and addresses stay as they are.
      const exempt = node.parentElement?.closest("bdi, .ltr, [dir=auto], [dir=ltr], script, style, [lang=en]")
      if (/[0-9]/.test(node.textContent ?? "") && !exempt) found.push(node.textContent!.trim())
    }
    return found
  })

/** What makes a person scroll sideways, and controls or texts that are out of the window. */
export const tooWide = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const found: string[] = []
    const name = (element: Element) => `${element.localName}.${element.className} "${(element.textContent ?? "").trim().slice(0, 40)}"`
    // Strips of tabs scroll by design; their tabs are reached by keys and by swiping.
    const strips = ".segments, .admin-nav, .table-scroll"
    const bleed = 9 // the highlight of a row may stand out a little
    const root = document.documentElement
    if (root.scrollWidth > root.clientWidth) found.push(`the page is ${root.scrollWidth} px wide`)
    const cut = new Set<Element>() // lines that end with an ellipsis, and what is in them
    for (const element of document.querySelectorAll<HTMLElement>("body *")) {
      if (cut.has(element.parentElement!) || getComputedStyle(element).textOverflow === "ellipsis") cut.add(element)
      if (cut.has(element.parentElement!)) continue
      if (element.closest(strips) || element.closest(".hidden, .skip, option, [hidden]") || !element.checkVisibility({ visibilityProperty: true })) continue
      const { overflowX } = getComputedStyle(element)
      if ((overflowX === "auto" || overflowX === "scroll") && element.scrollWidth > element.clientWidth + 1) found.push(`scrolls sideways: ${name(element)}`)
      const box = element.getBoundingClientRect()
      if (box.width > 1 && (box.left < -1 || box.right > root.clientWidth + 1)) found.push(`outside of the window: ${name(element)}`)
      // A control that is cut by its frame. Lines of text may end with an ellipsis.
      const frame = element.matches("button, a, input, select, textarea") ? element.parentElement?.closest<HTMLElement>("header, form, li, section, nav, dialog") : null
      const outer = frame?.getBoundingClientRect()
      if (outer && (box.left < outer.left - bleed || box.right > outer.right + bleed)) found.push(`outside of its frame: ${name(element)}`)
    }
    return [...new Set(found)].slice(0, 10)
  })

/** A conversation that has too little of the window. */
export const cramped = (page: Page): Promise<string[]> =>
  page.evaluate(() => [...document.querySelectorAll(".log")].map((log) => log.getBoundingClientRect().height / innerHeight).filter((share) => share > 0 && share < 0.25).map((share) => `the conversation has ${Math.round(share * 100)} % of the window`))

/** Animations that still move something. */
export const moving = (page: Page): Promise<string[]> =>
  page.evaluate(() => document.getAnimations().filter((animation) => animation.playState === "running" && Number(animation.effect?.getComputedTiming().duration) > 0).map((animation) => (animation as CSSAnimation).animationName ?? "transition"))

/** Violations of WCAG 2.2 AA. axe is a script of the context, because the policy refuses others. */
export const violations = (page: Page): Promise<string[]> =>
  page.evaluate(async () => {
    interface Result {
      violations: { id: string; impact: string; nodes: { target: string[]; failureSummary: string }[] }[]
    }
    const { axe } = globalThis as never as { axe: { run: (root: Document, options: object) => Promise<Result> } }
    const result = await axe.run(document, { resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], rules: { "target-size": { enabled: true } } })
    return result.violations.flatMap(({ id, impact, nodes }) => nodes.map((node) => `${id} (${impact}) ${node.target.join(" ")}: ${node.failureSummary.replace(/\s+/g, " ")}`))
  })

interface Stop {
  name: string
  /** Whether something shows that it has the focus. */
  shown: boolean
  /** Whether it is in the window and nothing covers it. */
  visible: boolean
  /** Whether it had the focus before in this round. */
  again: boolean
}

/** The element with the focus, null for the page itself. */
const stop = (page: Page, round: number): Promise<Stop | null> =>
  page.evaluate((round) => {
    const element = document.activeElement as HTMLElement | null
    if (!element || element === document.body || element === document.documentElement) return null
    const box = element.getBoundingClientRect()
    const lit = (one: Element | null) => one !== null && getComputedStyle(one).outlineStyle !== "none" && Number.parseFloat(getComputedStyle(one).outlineWidth) > 0
    const [x, y] = [Math.min(Math.max(box.left + box.width / 2, 0), innerWidth - 1), Math.min(Math.max(box.top + Math.min(box.height, innerHeight) / 2, 0), innerHeight - 1)]
    const at = document.elementFromPoint(x, y)
    const again = element.dataset.reached === String(round)
    element.dataset.reached = String(round)
    return {
      name: `${element.localName}.${element.className} "${element.getAttribute("aria-label") ?? (element.textContent ?? "").trim().slice(0, 40)}"`,
      shown: lit(element) || lit(element.parentElement) || lit(element.closest("form, label")),
      visible: box.bottom > 0 && box.top < innerHeight && at !== null && (element.contains(at) || at.contains(element)),
      again,
    }
  }, round)

/**
 * Controls that Tab should have reached: one of a group of radio buttons, none in a closed menu or behind a dialog.
 * Rows of a virtual list that scrolling has added since stand before the focus: Shift+Tab reaches them.
 */
const left = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const root = document.querySelector("dialog:modal") ?? document
    const groups = new Set([...root.querySelectorAll<HTMLInputElement>("input[type=radio][data-reached]")].map((radio) => radio.name))
    return [...root.querySelectorAll<HTMLElement>("a[href], button, input, select, textarea, summary, [tabindex='0']")]
      .filter((element) => !(element.closest("[role=feed], .queue-rows") && !("there" in element.dataset)))
      .filter((element) => element.tabIndex >= 0 && !("reached" in element.dataset) && !element.matches(":disabled, [hidden]") && element.checkVisibility({ visibilityProperty: true }) && !(element instanceof HTMLInputElement && groups.has(element.name)))
      .map((element) => `${element.localName}.${element.className} "${element.getAttribute("aria-label") ?? (element.textContent ?? "").trim().slice(0, 40)}"`)
  })

const mostStops = 200

/** Presses Tab until the focus is where it was before in this round. Returns what did not show the focus. */
async function walk(page: Page, round: number): Promise<string[]> {
  const faults: string[] = []
  for (let i = 0, outside = 0; i < mostStops && outside < 3; i++) {
    await page.keyboard.press("Tab")
    const here = await stop(page, round)
    if (here?.again) break
    if (here === null) outside++
    else if (!here.shown) faults.push(`focus does not show: ${here.name}`)
    else if (!here.visible) faults.push(`focus is covered: ${here.name}`)
  }
  return faults
}

/**
 * Walks from where the focus is, as a person does. What Tab has not reached gets a second round:
 * a list that the focus scrolls shows its button only after the focus has left it.
 */
export async function keyboardFaults(page: Page): Promise<string[]> {
  await page.evaluate(() => {
    for (const element of document.querySelectorAll<HTMLElement>("[role=feed] *, .queue-rows *")) if (element.dataset) element.dataset.there = ""
  })
  const faults = await walk(page, 1)
  if ((await left(page)).length) faults.push(...(await walk(page, 2)))
  return [...new Set(faults), ...(await left(page)).map((name) => `not reached: ${name}`)]
}

/** The looks of a screen. In a short run it has one: language and theme differ by group, the width by screen. */
export function looksOf(group: number, i: number, full: boolean): { language: "en" | "fa"; theme: "light" | "dark"; widths: readonly number[] }[] {
  const widths = [390, 768, 1280] as const
  if (full) return (["en", "fa"] as const).flatMap((language) => (["light", "dark"] as const).map((theme) => ({ language, theme, widths })))
  return [{ language: group % 2 ? "fa" : "en", theme: group % 4 < 2 ? "light" : "dark", widths: [widths[i % 3]!] }]
}
