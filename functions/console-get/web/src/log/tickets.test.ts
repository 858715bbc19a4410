import { expect, test, vi } from "vitest"
import type { Entry, Ticket } from "../api/types"
import { database, openDatabase } from "./db"
import { foldEntry, forgetTickets, putTickets, removeTicket, ticketSignal } from "./tickets"

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
