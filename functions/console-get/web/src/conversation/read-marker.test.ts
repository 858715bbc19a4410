import { beforeEach, expect, test, vi } from "vitest"
import type { Entry, Ticket } from "../api/types"
import { session } from "../app/session"
import { emptyLog } from "../log/log"
import { foldEntry, putTickets, ticketSignal } from "../log/tickets"
import { connection, takeReaders } from "../socket/realtime"
import { readUpTo } from "./read-marker"

const entry = (seq: number, author: string, kind = "message") =>
  ({ ticketId: "t", seq, kind, author: { id: author, name: author }, body: "text", createdAt: "", state: { status: "open", priority: "medium", categoryId: null, assigneeId: null } }) as unknown as Entry
const log = (...entries: Entry[]) => ({ ...emptyLog("t"), entries, syncedTo: entries.at(-1)!.seq })

let sent: object[] = []
beforeEach(() => {
  sent = []
  session.value = { user: { id: "me" } } as unknown as typeof session.value
  connection.online.value = true
  vi.spyOn(connection, "send").mockImplementation((frame) => void sent.push(frame))
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
