import "fake-indexeddb/auto"
import { QueryClientProvider } from "@tanstack/preact-query"
import { act, cleanup, fireEvent, render, screen } from "@testing-library/preact"
import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { queryClient, refresh } from "../../api/query"
import type { Entry } from "../../api/types"
import { session } from "../../app/session"
import { t } from "../../i18n"
import { database, deleteDatabase, openDatabase } from "../../log/db"
import { forgetLogs, logSignal } from "../../log/store"
import { forgetTickets, heldTickets, putTickets } from "../../log/tickets"
import { TicketList } from "./list"

const solved = { id: "s", number: "AB12", title: "Solved ticket", status: "resolved", unread: 0, preview: "", lastActivityAt: "2026-01-01T00:00:00Z" }
/** What the server answers to GET /tickets by the query. */
let answer: (query: URLSearchParams) => { status?: number; body: object }
const page = (data: object[], next: string | null = null) => ({ body: { data, page: { hasMore: next !== null, next } } })

beforeEach(async () => {
  await Promise.all([t.load(), openDatabase("me")])
  session.value = { user: { id: "me", role: "user" }, ended: false } as never
  vi.stubGlobal("fetch", async (url: string) => {
    const { status = 200, body } = answer(new URL(url, "http://x").searchParams)
    return new Response(JSON.stringify(body), { status })
  })
})
afterEach(async () => {
  cleanup()
  queryClient.clear()
  forgetTickets()
  forgetLogs()
  vi.unstubAllGlobals()
  await deleteDatabase("me")
})

const open = () => act(() => void render(<QueryClientProvider client={queryClient}><TicketList openId={undefined} /></QueryClientProvider>))

test("a customer whose tickets are all solved is not told to open the first one", async () => {
  answer = (query) => page(query.get("status") ? [] : [solved])
  await open()
  await screen.findByText("No tickets here")
  await act(() => screen.getByRole("button", { name: "Show all tickets" }).click())
  await screen.findByText("Solved ticket")
})

test("a customer without a ticket is told how to open one", async () => {
  answer = () => page([])
  await open()
  await screen.findByText("No tickets yet")
})

test("a pointer over a row reads the ticket's log from the device before the click", async () => {
  answer = () => page([{ ...solved, status: "open", lastSeq: 1 }])
  const tx = (await database()).transaction(["entries", "logs"], "readwrite")
  void tx.objectStore("entries").put({ ticketId: "s", seq: 1, prev: 0, kind: "opened", body: "Please help" } as Entry)
  void tx.objectStore("logs").put({ ticketId: "s", syncedTo: 1, oldest: 1, complete: true, usedAt: 0 })
  await tx.done
  await open()
  const row = await screen.findByRole("link", { name: /Solved ticket/ })
  expect(logSignal("s").value.entries).toEqual([])
  fireEvent.pointerEnter(row)
  await vi.waitFor(() => expect(logSignal("s").value.entries.map(({ body }) => body)).toEqual(["Please help"]))
})

test("a list that is empty asks once whether there is any ticket, and again after a loss of the connection", async () => {
  let asked = 0
  answer = (query) => (asked += Number(query.get("limit") === "1"), page([]))
  await open()
  await screen.findByText("No tickets yet")
  cleanup()
  vi.spyOn(Date, "now").mockReturnValue(Date.now() + 3_600_000)
  await open()
  await screen.findByText("No tickets yet")
  expect(asked).toBe(1)
  cleanup()
  refresh(["ticket"])
  await open()
  await vi.waitFor(() => expect(asked).toBe(2))
  vi.restoreAllMocks()
})

test("a search that the server finds too long has no result", async () => {
  answer = (query) => (query.get("q") ? { status: 400, body: { code: "bad_request", detail: "?", errors: [{ pointer: "?q", code: "too_long", message: "too long" }] } } : page([]))
  await open()
  const field = screen.getByRole<HTMLInputElement>("searchbox")
  expect(field.maxLength).toBe(200)
  fireEvent.input(field, { target: { value: "one two three four five six seven eight nine ten eleven" } })
  await screen.findByText("Nothing found")
})

test("a list that was open for too long is fetched from its start by \"Show more\"", async () => {
  const asked: (string | null)[] = []
  answer = (query) => {
    asked.push(query.get("cursor"))
    return query.get("cursor") === "old" ? { status: 400, body: { code: "bad_cursor" } } : page([{ ...solved, status: "open" }], asked.includes("old") ? null : "old")
  }
  await open()
  const more = await screen.findByRole("button", { name: "Show more" })
  await act(() => more.click())
  await vi.waitFor(() => expect(asked).toEqual([null, "old", null]))
  await vi.waitFor(() => expect(screen.queryByRole("button", { name: "Show more" })).toBeNull())
})

test("a list forgets a ticket by an answer that is newer than what the device has of it", async () => {
  const choose = (name: string) => act(() => screen.getByRole("button", { name }).click())
  const pass = () => act(() => new Promise((resolve) => setTimeout(resolve, 50)))
  answer = () => page([])
  await open()
  await choose("Solved and closed")
  await pass()
  await choose("Open")
  await pass()
  await act(() => putTickets([solved as never])) // by a frame, after that answer
  await choose("Solved and closed")
  await pass()
  screen.getByText("Solved ticket")
  await act(() => queryClient.refetchQueries())
  await vi.waitFor(() => expect(heldTickets()).toEqual([]))
})
