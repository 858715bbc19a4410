import { act, cleanup, render, screen } from "@testing-library/preact"
import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { session } from "../../app/session"
import { t } from "../../i18n"
import { profileText } from "../../i18n/profile"
import { Contact } from "./contact"

const user = { id: "me", role: "user", locale: "en", phone: "+989120000004", notifications: { email: true, sms: true } }

beforeEach(async () => {
  await Promise.all([t.load(), profileText.load()])
  session.value = { user, ended: false } as unknown as typeof session.value
})
afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

test("a switch that could not be saved shows what is stored", async () => {
  let status = 503
  vi.stubGlobal("fetch", async (_url: string, { body }: { body?: string }) =>
    new Response(JSON.stringify(status === 200 ? { ...user, notifications: { ...user.notifications, ...JSON.parse(body!).notifications } } : { code: "unavailable" }), { status }))
  render(<Contact />)
  const box = screen.getByRole<HTMLInputElement>("checkbox", { name: "By e-mail" })
  box.click()
  expect(box.checked).toBe(false)
  await vi.waitFor(() => expect(box.checked).toBe(true))

  status = 200
  await act(() => box.click())
  await vi.waitFor(() => expect(session.value?.user.notifications.email).toBe(false))
  expect(box.checked).toBe(false)
})
