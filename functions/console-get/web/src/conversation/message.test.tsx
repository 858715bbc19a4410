import { cleanup, fireEvent, render, screen } from "@testing-library/preact"
import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { draftSignal, editDraft, forgetDrafts, newTicketKey, saveDrafts } from "../drafts/drafts"
import { t } from "../i18n"
import { database, deleteDatabase, openDatabase, type OutboxItem } from "../log/db"
import { outbox, startOutbox, stopOutbox } from "../outbox/outbox"
import { WaitingMessage } from "./message"

const opening = { title: "Broken lamp", categoryId: "c", priority: "high" as const }
const refused: OutboxItem = {
  clientId: "01", ticketId: "01", kind: "ticket", body: "It does not light up.", internal: false, files: ["a"], after: null, createdAt: "2026-01-01T00:00:00Z", state: "refused", opening,
}

beforeEach(async () => {
  await t.load()
  await openDatabase("me")
  const db = await database()
  await db.put("outbox", refused)
  await db.put("files", { id: "a", blob: new Blob(["a"]), name: "a.txt", type: "text/plain", size: 1 })
  await startOutbox()
  history.replaceState(null, "", "/tickets/01")
})
afterEach(async () => {
  cleanup()
  stopOutbox()
  forgetDrafts()
  await deleteDatabase("me")
})

test("a refused new ticket is edited in the form of a new ticket, before the draft that stands there", async () => {
  editDraft(newTicketKey, { text: "another", opening: { title: "Another", categoryId: "d" } })
  await saveDrafts()
  forgetDrafts() // a reload: the draft is only stored
  render(<WaitingMessage item={refused} />)
  fireEvent.click(screen.getByRole("button", { name: t().ticket.editAgain }))
  await vi.waitFor(async () => expect(await (await database()).get("drafts", newTicketKey)).toMatchObject({ text: "It does not light up.\n\nanother", files: ["a"], opening }))
  expect(draftSignal(newTicketKey).peek()).toMatchObject({ opening })
  expect(location.pathname).toBe("/tickets/new")
  expect(await (await database()).getAllKeys("drafts")).toEqual([newTicketKey])
  await vi.waitFor(() => expect(outbox.peek()).toEqual([]))
})

test.each([["/followUpOf", undefined], ["/title", "t"]])("a ticket that was refused for its %s is edited as a follow-up of %s", async (pointer, followUpOf) => {
  const problem = { type: "x", title: "", detail: "", status: 422, code: "invalid_body" as const, errors: [{ pointer, code: "x", message: "x" }] }
  const item: OutboxItem = { ...refused, problem, opening: { ...opening, followUpOf: "t" } }
  await (await database()).put("outbox", item)
  render(<WaitingMessage item={item} />)
  fireEvent.click(screen.getByRole("button", { name: t().ticket.editAgain }))
  await vi.waitFor(() => expect(draftSignal(newTicketKey).peek().opening).toMatchObject(opening))
  expect(draftSignal(newTicketKey).peek().opening?.followUpOf).toBe(followUpOf)
})
