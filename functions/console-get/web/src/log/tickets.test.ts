import { expect, test, vi } from "vitest"
import type { Entry, Ticket } from "../api/types"
import { database, openDatabase } from "./db"
import { foldEntry, forgetTickets, markRead, putTickets, removeTicket, showChange, ticketSignal } from "./tickets"

const ticket = (id: string, lastSeq: number) => ({ id, lastSeq, version: lastSeq, title: id }) as Ticket
const stored = async () => (await (await database()).getAll("tickets")).map(({ id, lastSeq }) => [id, lastSeq])

test("a burst of changes is stored by few transactions, each ticket as it is last", async () => {
  const db = await openDatabase("me")
  const transaction = vi.spyOn(IDBDatabase.prototype, "transaction")
  for (let seq = 1; seq <= 500; seq++) putTickets([ticket("a", seq), ticket("b", seq)])
  removeTicket("b")
  await expect.poll(stored).toEqual([["a", 500]])
  expect(transaction.mock.calls.filter(([, mode]) => mode === "readwrite").length).toBeLessThan(5)

  putTickets([ticket("c", 1)])
  forgetTickets() // somebody else signs in
  await db.getAll("kv")
  expect(await stored()).toEqual([["a", 500]])
})

test("an entry that came before its ticket counts, although the list is older than it", () => {
  const entry = { ticketId: "early", seq: 2, kind: "message", author: { id: "agent" }, state: { status: "open", priority: "medium", categoryId: null, assigneeId: null } } as Entry
  expect(foldEntry(entry, "me", false)).toBe(false)
  putTickets([{ ...ticket("early", 1), unread: 0, category: null, assignee: null }])
  expect(ticketSignal("early").peek()).toMatchObject({ lastSeq: 2, unread: 1 })
  putTickets([{ ...ticket("early", 2), version: 9, unread: 1 }])
  expect(ticketSignal("early").peek()).toMatchObject({ lastSeq: 2, unread: 1 })
})

test("a change that the server has not confirmed stays on the screen whatever else changes, but for what the server says of its field", async () => {
  const [me, colleague] = ["me", "colleague"].map((id) => ({ id, name: id, pictureUrl: null }))
  const state = (lastSeq: number, fields: Partial<Ticket>) => ({ ...ticket("slow", lastSeq), assignee: null, priority: "medium", unread: 0, ...fields }) as Ticket
  const shown = () => ticketSignal("slow").peek()
  putTickets([state(1, {})])
  const settle = showChange(state(1, {}), { assignee: me! })
  expect(shown()).toMatchObject({ assignee: me })

  putTickets([state(2, { priority: "urgent", unread: 1 })]) // a frame
  markRead("slow")
  expect(shown()).toMatchObject({ lastSeq: 2, assignee: me, priority: "urgent", unread: 0 })

  const urgent = showChange(shown()!, { priority: "low" })
  expect(shown()).toMatchObject({ assignee: me, priority: "low" })
  urgent() // refused
  expect(shown()).toMatchObject({ assignee: me, priority: "urgent" })

  putTickets([state(3, { assignee: colleague! })])
  expect(shown()).toMatchObject({ assignee: colleague })
  settle()
  expect(shown()).toMatchObject({ lastSeq: 3, assignee: colleague })

  const refused = showChange(shown()!, { assignee: me! })
  refused()
  expect(shown()).toMatchObject({ assignee: colleague })
  await openDatabase("me")
  putTickets([state(4, { assignee: null })])
  showChange(shown()!, { assignee: me! })
  markRead("slow")
  putTickets([state(5, { assignee: null })])
  await expect.poll(async () => (await (await database()).get("tickets", "slow"))?.assignee).toBeNull()
})
