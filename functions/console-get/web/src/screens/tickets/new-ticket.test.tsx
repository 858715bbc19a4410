import { QueryClientProvider } from "@tanstack/preact-query"
import { cleanup, fireEvent, render, screen } from "@testing-library/preact"
import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { queryClient } from "../../api/query"
import { draftSignal, editDraft, forgetDrafts, newTicketKey, saveDrafts } from "../../drafts/drafts"
import { t } from "../../i18n"
import { isolate } from "../../i18n/format"
import { database, deleteDatabase, openDatabase } from "../../log/db"
import { ticketSignal } from "../../log/tickets"
import { NewTicket } from "./new-ticket"

beforeEach(async () => {
  await Promise.all([t.load(), openDatabase("me")])
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify({ data: [], page: { hasMore: false, next: null } })))
})
afterEach(async () => {
  cleanup()
  queryClient.clear()
  forgetDrafts()
  vi.unstubAllGlobals()
  await deleteDatabase("me")
})

test("the form says which ticket it continues, and the draft need not be a follow-up", async () => {
  ticketSignal("t").value = { id: "t", number: "BMQ-5196" } as never
  editDraft(newTicketKey, { text: "Again", opening: { title: "Lamp", categoryId: "c", followUpOf: "t" } })
  render(<QueryClientProvider client={queryClient}><NewTicket /></QueryClientProvider>)
  screen.getByText(`Follow-up of ${isolate("BMQ-5196")}`)
  fireEvent.click(screen.getByRole("button", { name: "Not a follow-up" }))
  await vi.waitFor(() => expect(screen.queryByText(/Follow-up/)).toBeNull())
  expect(draftSignal(newTicketKey).peek()).toMatchObject({ text: "Again", opening: { title: "Lamp", categoryId: "c" } })
  await saveDrafts()
  expect((await (await database()).get("drafts", newTicketKey))?.opening).not.toHaveProperty("followUpOf")
})

test("a ticket that this device does not hold is continued without its number", () => {
  editDraft(newTicketKey, { opening: { title: "Lamp", categoryId: "c", followUpOf: "unknown" } })
  render(<QueryClientProvider client={queryClient}><NewTicket /></QueryClientProvider>)
  screen.getByText("Follow-up of an earlier ticket")
})
