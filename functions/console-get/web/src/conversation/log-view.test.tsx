import "fake-indexeddb/auto"
import { act, cleanup, render } from "@testing-library/preact"
import { afterEach, beforeEach, expect, test, vi } from "vitest"
import type { Entry } from "../api/types"
import { session } from "../app/session"
import { t } from "../i18n"
import { deleteDatabase, openDatabase, type OutboxItem } from "../log/db"
import { forgetLogs, logSignal, takeEntries } from "../log/store"
import { outbox } from "../outbox/outbox"
import { LogView } from "./log-view"

const drawn = vi.hoisted(() => [] as string[])
vi.mock("./text", () => ({ PersonText: ({ text }: { text: string }) => (drawn.push(text), <p>{text}</p>) }))

const viewport = 600
const rowHeight = 100
const state = { error: null, loading: false, retry: () => {} }
const entry = (seq: number): Entry =>
  ({ ticketId: "t", seq, prev: seq - 1, kind: "message", author: { id: "u", name: "U", role: "user" }, body: `text ${seq}`, attachments: [], change: null, clientId: null, createdAt: "2026-01-01T00:00:00Z", state: { status: "open", priority: "medium", categoryId: null, assigneeId: null } }) as Entry
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => entry(from + i))

/** What takes sizes, and the elements that it observes. */
const observed = new Map<(entries: object[]) => void, Set<Element>>()
let jumps = 0
let moved = false

/** What a browser does before it paints, but for the drawing. */
async function frame(): Promise<void> {
  if (moved) document.querySelector(".log-list")!.dispatchEvent(new Event("scroll"))
  moved = false
  for (const [take, targets] of observed) take([...targets].map((target) => ({ target, contentRect: { width: 800, height: target.classList.contains("log-list") ? viewport : rowHeight } })))
  await Promise.resolve()
}

beforeEach(async () => {
  await t.load()
  await openDatabase("me")
  session.value = { user: { id: "me", role: "user" } } as never
  vi.stubGlobal("fetch", async () => new Response("{}"))
  vi.stubGlobal("innerHeight", 800)
  document.defaultView!.ResizeObserver = class {
    private targets = new Set<Element>()
    constructor(take: ResizeObserverCallback) { observed.set(take as never, this.targets) }
    observe(element: Element) { this.targets.add(element) }
    unobserve(element: Element) { this.targets.delete(element) }
    disconnect() { this.targets.clear() }
  }
  Object.defineProperty(HTMLElement.prototype, "offsetParent", { configurable: true, value: document.body }) // happy-dom has none, virtua measures what has one
  vi.spyOn(Element.prototype, "scrollTo").mockImplementation(function (this: Element, to: unknown) {
    const top = Math.max(0, (to as ScrollToOptions).top!)
    moved ||= top !== this.scrollTop
    this.scrollTop = top
    jumps++
  })
})
afterEach(async () => {
  cleanup()
  observed.clear()
  ;[jumps, drawn.length] = [0, 0]
  forgetLogs()
  outbox.value = []
  session.value = null
  await deleteDatabase("me")
  vi.unstubAllGlobals()
})

const rows = (view: Element) => [...view.querySelectorAll(".log-row")]

test("a log opens with the rows of a screen, each drawn once, and comes to its end once, before it is painted", async () => {
  logSignal("t").value = { ticketId: "t", entries: range(4901, 5000), syncedTo: 5000, oldest: 4901, complete: false }
  const { container } = render(<LogView ticketId="t" state={state} />)
  const first = rows(container).length
  expect(first).toBeLessThanOrEqual(11) // 680 px of rows of one line
  expect(rows(container).at(-1)!.textContent).toContain("text 5000")
  expect(drawn.length).toBe(first)
  expect(jumps).toBe(0)

  await act(frame)
  expect(jumps).toBe(1)
  // The server's answer has what the device had.
  await act(() => takeEntries("t", structuredClone(range(4951, 5000)), { kind: "newest", lastSeq: 5000, hasMore: true }))
  expect(drawn.length).toBe(first)

  await act(frame)
  const before = rows(container).at(-1)!
  expect(before.getAttribute("aria-posinset")).toBe("101") // with the line of the day
  await vi.waitFor(() => expect(container.querySelector<HTMLElement>(".log-list > div")!.style.height).toBe("10100px")) // the rows above are there
  expect(before.isConnected).toBe(true)
  expect(before.getAttribute("aria-posinset")).toBe("101")
  expect(new Set(drawn).size).toBe(drawn.length)
})

test("a message is drawn in a log that is too short to be scrolled", async () => {
  logSignal("t").value = { ticketId: "t", entries: range(1, 2), syncedTo: 2, oldest: 1, complete: true }
  const { container } = render(<LogView ticketId="t" state={state} />)
  await act(frame)
  await act(() => takeEntries("t", [entry(3)], { kind: "single" }))
  await vi.waitFor(() => expect(rows(container).length).toBe(4)) // with the line of the day
})

test("a log that is scrolled up goes to its end for a message that is written, not because one waits there", async () => {
  const item = (clientId: string): OutboxItem => ({ clientId, ticketId: "t", kind: "message", body: "mine", internal: false, files: [], after: null, createdAt: "2026-01-01T00:00:00Z", state: "refused" })
  logSignal("t").value = { ticketId: "t", entries: range(1, 50), syncedTo: 50, oldest: 1, complete: true }
  outbox.value = [item("01")]
  const { container } = render(<LogView ticketId="t" state={state} />)
  await act(frame)
  const list = container.querySelector(".log-list")!
  await vi.waitFor(() => expect(list.querySelector("div")!.style.height).toMatch(/^[45]\d{3}px$/)) // the rows above are there
  await act(() => {
    list.scrollTop = 1_000
    list.dispatchEvent(new Event("scroll"))
  })
  jumps = 0
  await act(() => takeEntries("t", [entry(51)], { kind: "single" }))
  expect(jumps).toBe(0)
  await act(() => void (outbox.value = [...outbox.value, item("02")]))
  expect(jumps).toBe(1)
  await act(() => takeEntries("t", [entry(52)], { kind: "single" }))
  expect(jumps).toBe(1)
})
