import { QueryClientProvider } from "@tanstack/preact-query"
import { fireEvent, render, screen } from "@testing-library/preact"
import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { queryClient } from "../../api/query"
import { draftSignal, editDraft, newTicketKey, saveDrafts } from "../../drafts/drafts"
import { t } from "../../i18n"
import { isolate } from "../../i18n/format"
import { database, openDatabase } from "../../log/db"
import { ticketSignal } from "../../log/tickets"
import { leaveForm } from "../../../tests/drafts"
import { NewTicket } from "./new-ticket"

beforeEach(async () => {
  await Promise.all([t.load(), openDatabase("me")])
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify({ data: [], page: { hasMore: false, next: null } })))
})
afterEach(leaveForm)

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

test("a text that is too long is kept whole, and sent when it is short enough", async () => {
  editDraft(newTicketKey, { text: "a".repeat(10_001), opening: { title: "😀".repeat(200), categoryId: "c" } })
  render(<QueryClientProvider client={queryClient}><NewTicket /></QueryClientProvider>)
  const text = screen.getByLabelText<HTMLTextAreaElement>("Your message")
  await vi.waitFor(() => expect(text.value).toHaveLength(10_001))
  expect([text.maxLength, screen.getByLabelText<HTMLInputElement>("Subject").maxLength]).toEqual([-1, -1]) // else the browser cuts a paste
  expect(screen.getByRole("alert").textContent).toBe("1 character too many: at most 10,000.") // an emoji of the title is one
  fireEvent.click(screen.getByRole("button", { name: "Open the ticket" }))
  expect(draftSignal(newTicketKey).peek().text).toHaveLength(10_001)
  fireEvent.input(text, { target: { value: "a".repeat(10_000) } })
  expect(screen.queryByRole("alert")).toBeNull()
  fireEvent.click(screen.getByRole("button", { name: "Open the ticket" }))
  await vi.waitFor(() => expect(draftSignal(newTicketKey).peek().text).toBe(""))
})
