import "fake-indexeddb/auto"
import { QueryClientProvider } from "@tanstack/preact-query"
import { act, render, screen } from "@testing-library/preact"
import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { queryClient } from "../../api/query"
import { newTicketKey } from "../../drafts/drafts"
import { t } from "../../i18n"
import { openDatabase } from "../../log/db"
import { leaveForm } from "../../../tests/drafts"
import { TicketFields } from "./ticket-fields"

let status: number
beforeEach(async () => {
  localStorage.clear()
  await Promise.all([t.load(), openDatabase("me")])
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify(status === 200 ? { data: [{ id: "c", name: "Payments", active: true }], page: { hasMore: false, next: null } } : { code: "forbidden", detail: "Not now" }), { status }))
})
afterEach(leaveForm)

const show = () => render(<QueryClientProvider client={queryClient}><TicketFields draft={newTicketKey} files={{ input: { current: null } } as never} tried={false} /></QueryClientProvider>)

test("categories that could not be fetched are said so and can be asked for again", async () => {
  status = 403
  show()
  await screen.findByText("Not now")
  status = 200
  await act(() => screen.getByRole("button", { name: "Try again" }).click())
  await screen.findByText("Payments")
  expect(screen.queryByText("Not now")).toBeNull()
})

test("those of the last visit stay if the server does not answer", async () => {
  localStorage.setItem("categories-en", JSON.stringify([{ id: "c", name: "Refunds", active: true }]))
  status = 403
  show()
  await vi.waitFor(() => expect(queryClient.getQueryState(["categories", "en"])?.status).toBe("error"))
  screen.getByText("Refunds")
})
