import { describe, expect, test } from "vitest"
import type { Ticket } from "../../api/types"
import { compare, matches, parsePath, pathOf, plain, type Queue, queryOf } from "./queues"

const ticket = (change: Partial<Ticket> & { waitingSince?: string | null }): Ticket =>
  ({ id: "A", status: "open", priority: "medium", assignee: null, category: { id: "C", name: "Billing" }, lastActivityAt: "2026-01-02", ...change }) as Ticket

describe("parsePath", () => {
  test.each([
    ["/inbox/mine", "mine", "", null],
    ["/inbox/mine/01T", "mine", "", "01T"],
    ["/inbox/status/on_hold", "status", "on_hold", null],
    ["/inbox/category/01C/01T", "category", "01C", "01T"],
  ])("%s", (path, kind, value, ticketId) => {
    const parsed = parsePath(path, "")!
    expect(parsed).toEqual({ queue: { kind, value, words: "" }, ticketId })
    expect(pathOf(parsed.queue, ticketId ?? "")).toBe(path)
  })
  test("refuses what is no queue", () => {
    for (const path of ["/inbox", "/inbox/", "/inbox/theirs", "/inbox/status"]) expect(parsePath(path, "")).toBeNull()
  })
  test("keeps the words of a search", () => {
    expect(pathOf({ ...plain("all"), words: "کارت a&b" }, "01T")).toBe(`/inbox/all/01T?q=${encodeURIComponent("کارت a&b")}`)
  })
})

test("matches follows assignee, status, category and priority", () => {
  const status: Queue = { kind: "status", value: "closed", words: "" }
  expect(matches(plain("unassigned"), ticket({}), "me")).toBe(true)
  expect(matches(plain("mine"), ticket({ assignee: { id: "me", name: "", pictureUrl: null } }), "me")).toBe(true)
  expect(matches(plain("mine"), ticket({ assignee: { id: "you", name: "", pictureUrl: null } }), "me")).toBe(false)
  expect(matches(plain("open"), ticket({ status: "resolved" }), "me")).toBe(false)
  expect(matches(status, ticket({ status: "closed" }), "me")).toBe(true)
  expect(matches({ ...status, words: "x" }, ticket({}), "me")).toBe(true)
})

test("compare sorts as the server does", () => {
  const sorted = [
    ticket({ id: "B", priority: "low", waitingSince: "2026-01-01" }),
    ticket({ id: "C", waitingSince: null }),
    ticket({ id: "D", waitingSince: "2026-01-03" }),
    ticket({ id: "E", waitingSince: "2026-01-02" }),
    ticket({ id: "F", priority: "urgent", waitingSince: null }),
  ].sort((a, b) => compare(plain("open"), a, b))
  expect(sorted.map(({ id }) => id).join("")).toBe("FEDCB")
})

test("queryOf asks for active tickets, and for all of them in a search", () => {
  expect(queryOf(plain("mine"))).toEqual({ assignee: "me", status: "new,open,pending,on_hold", sort: "waiting" })
  expect(queryOf({ ...plain("all"), words: "card" })).toEqual({ q: "card", sort: "-lastActivityAt" })
})
