import { act, renderHook } from "@testing-library/preact"
import { beforeEach, expect, test } from "vitest"
import type { Ticket } from "../../api/types"
import { forgetTickets, putTickets } from "../../log/tickets"
import { plain } from "./queues"
import { inOrder, useHeldBack } from "./use-queue"

const ticket = (id: string, change: Partial<Ticket> = {}): Ticket =>
  ({ id, status: "open", priority: "medium", assignee: null, category: null, createdAt: id, waitingSince: id, lastActivityAt: id, lastSeq: 1, version: 1, ...change }) as Ticket

const order = (live: string, end?: Ticket) => inOrder(plain("open"), "me", ["B", "D", "F"], [...live], end).map(({ id }) => id).join("")

beforeEach(() => {
  forgetTickets()
  putTickets([..."ABCDEFG"].map((id) => ticket(id)))
})

test("a queue that is loaded whole takes all that frames name", () => {
  expect(order("GCA")).toBe("ABCDFG")
  putTickets([ticket("F", { priority: "urgent", version: 2 }), ticket("A", { status: "resolved", version: 2 })])
  expect(order("GCA")).toBe("FBCDG")
})

// Other tickets that are not loaded stand there too.
test("with more pages on the server, what stands below the loaded ones waits for them", () => {
  const end = ticket("F")
  expect(order("GCA", end)).toBe("ABCDF")
  putTickets([ticket("B", { priority: "low", version: 2 })])
  expect(order("GCA", end)).toBe("ACDF")
  putTickets([ticket("F", { priority: "urgent", version: 2 })])
  expect(order("GCAE", end)).toBe("FACDE")
})

test("while one has scrolled, rows of more pages stay when one of the first page moves below them, and new ones wait", () => {
  const { result, rerender } = renderHook(({ ids, scrolled }) => useHeldBack([...ids].map((id) => ticket(id)), "mine", scrolled), { initialProps: { ids: "ABCD", scrolled: false } })
  const shown = () => [result.current.shown.map(({ id }) => id).join(""), result.current.waiting]
  const show = (ids: string, scrolled = true) => rerender({ ids, scrolled })
  expect(shown()).toEqual(["ABCD", 0])
  show("ABCDEFGH")
  expect(shown()).toEqual(["ABCDEFGH", 0])
  show("ABDEFGCH")
  expect(shown()).toEqual(["ABDEFGCH", 0])
  show("NABDEFGCH")
  expect(shown()).toEqual(["ABDEFGCH", 1])
  act(() => result.current.showAll())
  expect(shown()).toEqual(["NABDEFGCH", 0])
  show("MNABDEFGCH", false)
  expect(shown()).toEqual(["MNABDEFGCH", 0])
})
