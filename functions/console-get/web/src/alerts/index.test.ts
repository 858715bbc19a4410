import { expect, test, vi } from "vitest"
import { session } from "../app/session"
import { connection } from "../socket/realtime"
import { startAlerts } from "."

const alertOfTicket = vi.hoisted(() => vi.fn(async (_: string) => {}))
vi.mock("./alert", () => ({ alertOfTicket }))

test("a new ticket is announced to everybody but the one who has opened it", async () => {
  session.value = { user: { id: "me", role: "support" } as never, ended: false }
  startAlerts()
  for (const [id, openedBy] of [["by-me", "me"], ["by-customer", null], ["by-colleague", "reza"]]) {
    connection.onFrame({ type: "ticket", ticket: { id, customer: { id: "sara" }, openedBy, assignee: null, lastSeq: 1, version: 1, createdAt: new Date().toISOString() } as never })
    await vi.dynamicImportSettled()
  }
  expect(alertOfTicket.mock.calls.flat()).toEqual(["by-customer", "by-colleague"])
})
