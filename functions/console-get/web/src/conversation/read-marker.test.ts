import { afterEach, beforeEach, expect, test, vi } from "vitest"
import type { Entry, Ticket } from "../api/types"
import { session } from "../app/session"
import { emptyLog } from "../log/log"
import { foldEntry, putTickets, ticketSignal } from "../log/tickets"
import { connection, takeReaders } from "../socket/realtime"
import { readUpTo } from "./read-marker"

const entry = (seq: number, author: string, kind = "message", ticketId = "t") =>
  ({ ticketId, seq, kind, author: { id: author, name: author }, body: "text", createdAt: "", state: { status: "open", priority: "medium", categoryId: null, assigneeId: null } }) as unknown as Entry
const log = (...entries: Entry[]) => ({ ...emptyLog(entries[0]!.ticketId), entries, syncedTo: entries.at(-1)!.seq })

let sent: object[] = []
beforeEach(() => {
  sent = []
  session.value = { user: { id: "me" } } as unknown as typeof session.value
  connection.online.value = true
  vi.spyOn(connection, "send").mockImplementation((frame) => void sent.push(frame))
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test("the read marker follows the messages of others that are on the screen, each once", () => {
  putTickets([{ id: "t", lastSeq: 1, version: 1, unread: 0, category: null, assignee: null } as unknown as Ticket])
  readUpTo(log(entry(1, "other", "opened"))) // from the device, before the server has said what was read
  expect(sent).toEqual([])
  takeReaders("t", [], "me")
  readUpTo(log(entry(1, "other", "opened"))) // which no list counts as unread
  expect(sent).toEqual([{ action: "read", ticketId: "t", seq: 1 }])
  readUpTo(log(entry(1, "other", "opened"), entry(2, "me"), entry(3, "other", "status")))
  expect(sent).toHaveLength(1)

  foldEntry(entry(4, "other"), "me", true) // it arrives on the screen, and counts as read at once
  expect(ticketSignal("t").peek()).toMatchObject({ lastSeq: 4, unread: 0 })
  readUpTo(log(entry(2, "me"), entry(3, "other", "status"), entry(4, "other")))
  readUpTo(log(entry(4, "other"), entry(5, "me")))
  expect(sent.slice(1)).toEqual([{ action: "read", ticketId: "t", seq: 4 }])

  takeReaders("t", [{ id: "me", name: "", role: "user", seq: 6 }], "me") // another device of mine
  readUpTo(log(entry(6, "other")))
  expect(sent).toHaveLength(2)
})

test("what a dead connection may have swallowed is reported again after the next one has opened; what arrived is not", () => {
  vi.useFakeTimers({ toFake: ["Date"] })
  for (const id of ["early", "late"]) {
    takeReaders(id, [], "me")
    readUpTo(log(entry(3, "other", "message", id)))
    if (id === "early") vi.setSystemTime(Date.now() + 7 * 60_000)
  }
  connection.online.value = false
  sent = []
  connection.online.value = true
  expect(sent).toEqual([{ action: "read", ticketId: "late", seq: 3 }])
})

test("what was read without a connection and could not be posted is reported when there is one", async () => {
  const post = vi.fn(async () => Promise.reject(new TypeError("offline")))
  vi.stubGlobal("fetch", post)
  connection.online.value = false
  takeReaders("offline", [], "me")
  readUpTo(log(entry(3, "other", "message", "offline")))
  await vi.waitFor(() => expect(post).toHaveBeenCalled())
  connection.online.value = true
  expect(sent).toContainEqual({ action: "read", ticketId: "offline", seq: 3 })
})
