import { QueryClientProvider } from "@tanstack/preact-query"
import { act, cleanup, fireEvent, render, screen } from "@testing-library/preact"
import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { queryClient } from "../../api/query"
import { t } from "../../i18n"
import { adminText } from "../../i18n/admin"
import { BroadcastsScreen } from "./broadcasts"

const counts = { queued: 3, sent: 1, failed: 0, skipped: 0 }
const broadcast = (id: string, cancellable: boolean) => ({ id, state: "sending", cancellable, title: id, body: "Body", audience: { all: true }, channels: ["email"], counts: { total: 4, app: { sent: 0 }, email: counts, sms: counts, push: counts }, createdAt: "2026-01-01T00:00:00Z", finishedAt: null })

beforeEach(async () => {
  await Promise.all([t.load(), adminText.load()])
  HTMLDialogElement.prototype.showModal = function () { this.open = true }
  const data = [broadcast("Being written", true), broadcast("Being delivered", false)]
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify({ data, page: { hasMore: false, next: null } })))
})
afterEach(() => {
  cleanup()
  queryClient.clear()
  vi.unstubAllGlobals()
})

const open = () => act(() => void render(<QueryClientProvider client={queryClient}><BroadcastsScreen /></QueryClientProvider>))

test("sending can be stopped only while users are still to be notified", async () => {
  await open()
  const row = async (title: string) => (await screen.findByText(title)).closest("article")!.textContent
  expect(await row("Being written")).toContain("Stop sending")
  expect(await row("Being delivered")).not.toContain("Stop sending")
})

test("the review has the focus", async () => {
  await open()
  await act(() => screen.getByRole("button", { name: "New broadcast" }).click())
  fireEvent.input(screen.getAllByLabelText(/^Title/)[0]!, { target: { value: "Holiday" } })
  fireEvent.input(screen.getAllByLabelText(/^Text/)[0]!, { target: { value: "We are closed." } })
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify({ total: 3, complete: true })))
  HTMLDialogElement.prototype.showModal = function () { this.open = true; this.querySelector("button")!.focus() }
  const review = screen.getByRole("button", { name: "Review" })
  review.focus()
  await act(() => review.click())
  await screen.findByRole("button", { name: "Send now" })
  expect(document.activeElement?.closest("dialog")).not.toBeNull()
})

test("what is written outlasts the screen", async () => {
  await open()
  await act(() => screen.getByRole("button", { name: "New broadcast" }).click())
  fireEvent.input(screen.getAllByLabelText(/^Title/)[0]!, { target: { value: "Holiday" } })
  cleanup()
  await open()
  await act(() => screen.getByRole("button", { name: "New broadcast" }).click())
  expect(screen.getAllByLabelText<HTMLInputElement>(/^Title/)[0]!.value).toBe("Holiday")
})
