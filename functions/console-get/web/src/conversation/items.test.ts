import { expect, test } from "vitest"
import type { Entry } from "../api/types"
import { entriesAfter, firstUnread, rows } from "./items"

const entry = (seq: number, createdAt: string, author = "u", kind = "message"): Entry => ({ seq, kind, createdAt, author: { id: author }, change: null, clientId: null }) as unknown as Entry

test("the entries after a seq that may be hidden, the first or the last", () => {
  const log = [1, 2, 4, 7].map((seq) => entry(seq, "2026-01-01T00:00:00"))
  const after = (seq: number) => entriesAfter(log, seq).map((each) => each.seq)
  expect([0, 1, 3, 7, 9].map(after)).toEqual([[1, 2, 4, 7], [2, 4, 7], [4, 7], [], []])
  expect(entriesAfter([], 3)).toEqual([])
})

test("a line for each day, and an author shown once in five minutes", () => {
  const log = [
    entry(1, "2026-01-01T23:50:00"),
    entry(2, "2026-01-01T23:54:00"),
    entry(3, "2026-01-01T23:59:30"),
    entry(4, "2026-01-02T00:00:30"),
    entry(5, "2026-01-02T00:01:00", "v"),
    entry(6, "2026-01-02T00:01:30", "v", "status"),
    entry(7, "2026-01-02T00:02:00", "v"),
  ]
  const shown = rows(log, [], 5).map((item) => (item.kind === "message" ? `${item.entry.seq}${item.first ? " first" : ""}` : item.kind))
  expect(shown).toEqual(["day", "1 first", "2", "3 first", "day", "4 first", "new", "5 first", "event", "7 first"])
})

test("the first unread message is known when all of them are held", () => {
  const log = (from: number, to: number, complete: boolean) => ({ ticketId: "t", entries: [4, 5, 6, 7, 8, 9].slice(from - 4, to - 3).map((seq) => entry(seq, "2026-01-01T00:00:00", seq === 7 ? "me" : "u")), oldest: from, syncedTo: to, complete })
  const ticket = { unread: 3, lastSeq: 8 } // 5, 6 and 8
  expect(firstUnread(log(4, 7, false), ticket, "me")).toBe(0) // the device does not have the last one yet
  expect(firstUnread(log(6, 8, false), ticket, "me")).toBe(0) // nor older pages
  expect(firstUnread(log(5, 8, false), ticket, "me")).toBe(5)
  expect(firstUnread(log(4, 9, false), ticket, "me")).toBe(5) // 9 came while the ticket is read
  expect(firstUnread(log(4, 8, true), { unread: 9, lastSeq: 8 }, "me")).toBe(4)
  expect(firstUnread(log(4, 8, true), { unread: 0, lastSeq: 8 }, "me")).toBe(0)
})
