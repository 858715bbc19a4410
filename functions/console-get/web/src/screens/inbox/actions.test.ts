import { afterEach, beforeEach, expect, test, vi } from "vitest"
import type { Entry, Status, Ticket } from "../../api/types"
import { session } from "../../app/session"
import { t } from "../../i18n"
import { inboxText } from "../../i18n/inbox"
import type { OutboxItem } from "../../log/db"
import { putTickets, ticketSignal } from "../../log/tickets"
import { outbox } from "../../outbox/outbox"
import { offline } from "../../socket/sync"
import { toast } from "../../ui/toast"
import { conflict, remove, resolveAfter, setStatus } from "./actions"

vi.mock("../../ui/toast", () => ({ toast: vi.fn(), toastError: vi.fn() }))

const ticket = (version: number) => ({ id: "t", version, lastSeq: version, status: "open", preview: "Hello", lastActivityAt: "" }) as unknown as Ticket
const entry = (seq: number, id: string) => ({ seq, author: { id, name: id } }) as unknown as Entry

/** Answers requests: a deletion of an older version with 412. */
function serve(version: number, entries: Entry[]): string[] {
  const requests: string[] = []
  vi.stubGlobal("fetch", async (url: string, { method, headers }: { method: string; headers: Record<string, string> }) => {
    requests.push(`${method} ${url} ${headers["if-match"] ?? ""}`.trim())
    if (method === "GET") return new Response(JSON.stringify({ ticket: ticket(version), entries }))
    if (headers["if-match"] === `"${version}"`) return new Response(null, { status: 204 })
    return new Response('{"code":"version_stale"}', { status: 412 })
  })
  return requests
}

beforeEach(() => {
  session.value = { user: { id: "me", role: "admin" } } as unknown as typeof session.value
  conflict.value = null
  putTickets([ticket(3)])
})
afterEach(() => vi.unstubAllGlobals())

test("a ticket is deleted as it was on the screen", async () => {
  const requests = serve(3, [])
  const done = vi.fn()
  await remove("t", ticket(3), done)
  expect(requests).toEqual(['DELETE /tickets/t "3"'])
  expect(done).toHaveBeenCalledOnce()
  expect(ticketSignal("t").peek()).toBeNull()
})

test("a ticket that a colleague has changed is deleted after a question only", async () => {
  const requests = serve(5, [entry(3, "old"), entry(4, "Ali"), entry(5, "me")])
  const done = vi.fn()
  await remove("t", ticket(3), done)
  expect(requests).toEqual(['DELETE /tickets/t "3"', "GET /tickets/t"])
  expect(done).not.toHaveBeenCalled()
  expect(ticketSignal("t").peek()?.version).toBe(5)
  expect(conflict.value).toMatchObject({ field: "deletion", author: "Ali", theirs: { version: 5 } })

  conflict.value?.insist()
  await vi.waitFor(() => expect(done).toHaveBeenCalledOnce())
  expect(requests.at(-1)).toBe('DELETE /tickets/t "5"')
})

test("own entries are no reason to ask", async () => {
  const requests = serve(4, [entry(3, "old"), entry(4, "me")])
  const done = vi.fn()
  await remove("t", ticket(3), done)
  expect(requests.at(-1)).toBe('DELETE /tickets/t "4"')
  expect(done).toHaveBeenCalledOnce()
  expect(conflict.value).toBeNull()
})

test.each([
  ["new", "resolved", "open"],
  ["pending", "resolved", "pending"],
  ["new", "closed", "open"],
  ["on_hold", "closed", "open"],
] as [Status, Status, Status][])("undo of a change from %s to %s asks for %s, which the server allows", async (from, to, wanted) => {
  await Promise.all([t.load(), inboxText.load()])
  const id = `${from} ${to}`
  const asked: Status[] = []
  vi.stubGlobal("fetch", async (_url: string, { body }: { body: string }) => {
    const { status } = JSON.parse(body) as { status: Status }
    asked.push(status)
    return new Response(JSON.stringify({ ...ticket(3 + asked.length), id, status }))
  })
  putTickets([{ ...ticket(3), id, status: from, number: "HFQ2-WNF8" }])
  await setStatus(id, to)
  vi.mocked(toast).mock.lastCall![1]!.action!.run()
  await vi.waitFor(() => expect(asked).toEqual([to, wanted]))
  await vi.waitFor(() => expect(ticketSignal(id).peek()?.status).toBe(wanted))
})

const waiting = { clientId: "m", ticketId: "t", files: ["f"], state: "waiting" } as unknown as OutboxItem

test("a ticket is resolved after the message is stored, however long its files take", async () => {
  vi.useFakeTimers()
  const requests = serve(3, [])
  outbox.value = [waiting]
  const done = resolveAfter(waiting)
  await vi.advanceTimersByTimeAsync(5 * 60_000)
  expect(requests).toEqual([])
  outbox.value = []
  await done
  expect(requests).toEqual(["POST /tickets/t/status"])
  vi.useRealTimers()
})

test.each([
  ["is refused", () => (outbox.value = [{ ...waiting, state: "refused" }])],
  ["waits for the connection", () => (offline.value = true)],
  ["gets no answer", () => vi.advanceTimersByTime(15 * 60_000)],
])("a ticket whose message %s keeps its status", async (_, fail) => {
  await inboxText.load()
  vi.useFakeTimers()
  const requests = serve(3, [])
  outbox.value = [waiting]
  const done = resolveAfter(waiting)
  fail()
  await done
  expect(requests).toEqual([])
  expect(vi.mocked(toast).mock.lastCall![0]).toBe(inboxText().notResolved)
  outbox.value = []
  offline.value = false
  vi.useRealTimers()
})
