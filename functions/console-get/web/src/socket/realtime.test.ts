import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { deleteDatabase, openDatabase } from "../log/db"
import { ticketSignal } from "../log/tickets"
import type { Frame } from "./frames"
import { connection } from "./realtime"

let sent: object[] = []
let end = () => {}

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(connection, "send").mockImplementation((frame) => void sent.push(frame))
  end = connection.subscribe("queue")
  sent = []
})
afterEach(() => {
  end()
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const queue = { action: "subscribe", topic: "queue" }
const failed = (status: number, code: string, action = "subscribe") => ({ type: "error", action, topic: "queue", problem: { status, code } }) as Frame

test("a topic whose former unsubscription comes after its next subscription is subscribed to again", () => {
  connection.onFrame({ type: "unsubscribed", topic: "queue" })
  expect(sent).toEqual([queue])
  connection.onFrame({ type: "unsubscribed", topic: "ticket:left" })
  expect(sent).toEqual([queue])
})

test("a subscription that fails for now is asked for again, while it is wanted", async () => {
  connection.onFrame(failed(500, "internal"))
  expect(sent).toEqual([])
  await vi.advanceTimersByTimeAsync(5_000)
  expect(sent).toEqual([queue])

  for (const frame of [failed(403, "forbidden"), failed(500, "internal", "unsubscribe")]) connection.onFrame(frame)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(sent).toEqual([queue])

  connection.onFrame(failed(429, "rate_limited"))
  end()
  sent = []
  await vi.advanceTimersByTimeAsync(60_000)
  expect(sent).toEqual([])
})

test("a ticket that was deleted before its subscription is gone; one whose subscription fails for now stays", async () => {
  vi.useRealTimers()
  await openDatabase("me")
  const deleted = (status: number, code: string) => ({ type: "error", action: "subscribe", topic: "ticket:t", problem: { status, code } }) as Frame
  ticketSignal("t").value = { id: "t" } as never
  connection.onFrame(deleted(500, "internal"))
  expect(ticketSignal("t").value).not.toBeNull()
  connection.onFrame(deleted(404, "ticket_not_found"))
  expect(ticketSignal("t").value).toBeNull()
  await deleteDatabase("me")
})
