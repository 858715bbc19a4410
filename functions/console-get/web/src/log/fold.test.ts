import { expect, test } from "vitest"
import type { Entry, Ticket } from "../api/types"
import { fold } from "./fold"

const ticket = { id: "t", title: "Old", status: "open", priority: "medium", category: { id: "c", name: "C" }, assignee: null, tags: [], lastSeq: 3, unread: 1, preview: "p", lastActivityAt: "2026-01-01T00:00:00Z", closedAt: null, version: 3 } as unknown as Ticket
const entry = (change: Partial<Entry>): Entry =>
  ({ ticketId: "t", seq: 4, prev: 3, kind: "message", author: { id: "other", name: "Reza", role: "support" }, body: "Hello", attachments: [], change: null, clientId: null, createdAt: "2026-01-02T00:00:00Z", state: { status: "open", priority: "medium", categoryId: "c", assigneeId: null }, ...change }) as Entry

test("a message of another person is unread, one's own reads all", () => {
  expect(fold(ticket, entry({}), "me")).toMatchObject({ unread: 2, preview: "Hello", lastSeq: 4, lastActivityAt: "2026-01-02T00:00:00Z" })
  expect(fold(ticket, entry({ author: { id: "me", name: "Me", role: "user" } }), "me").unread).toBe(0)
})

test("an older entry changes nothing", () => {
  expect(fold(ticket, entry({ seq: 3 }), "me")).toBe(ticket)
})

test("the link to a deleted ticket goes", () => {
  const linked = { ...ticket, followUpOf: { id: "a", number: "A" }, followUps: [{ id: "b", number: "B" }, { id: "c", number: "C" }] }
  const unlinked = (field: string, from: string) => fold(linked, entry({ kind: "unlinked", body: "", change: { field, from, to: null } as Entry["change"] }), "me")
  expect(unlinked("followUp", "b")).toMatchObject({ followUpOf: linked.followUpOf, followUps: [linked.followUps[1]] })
  expect(unlinked("followUpOf", "a")).toMatchObject({ followUpOf: null, followUps: linked.followUps })
})

test("state, title, tags and assignee follow the entry", () => {
  const state = { status: "closed", priority: "high", categoryId: "c", assigneeId: "other" } as Entry["state"]
  expect(fold(ticket, entry({ kind: "assignment", body: "", state }), "me")).toMatchObject({ status: "closed", closedAt: "2026-01-02T00:00:00Z", priority: "high", assignee: { id: "other", name: "Reza" }, preview: "p", unread: 1 })
  expect(fold(ticket, entry({ kind: "title", body: "", change: { field: "title", from: "Old", to: "New" } as Entry["change"] }), "me").title).toBe("New")
  expect(fold(ticket, entry({ kind: "tags", body: "", change: { field: "tags", from: "", to: "a,b c" } as Entry["change"] }), "me").tags).toEqual(["a", "b c"])
  expect(fold({ ...ticket, tags: ["a"] }, entry({ kind: "tags", body: "", change: { field: "tags", from: "a", to: "" } as Entry["change"] }), "me").tags).toEqual([])
})
