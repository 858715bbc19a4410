import { act, cleanup, render, screen } from "@testing-library/preact"
import { afterEach, expect, test, vi } from "vitest"
import { session } from "../../app/session"
import { t } from "../../i18n"
import { profileText } from "../../i18n/profile"
import { call } from "../../api/client"
import { OwnCodeDialog } from "./own-code-dialog"

afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

test("the API says that the code is missing", async () => {
  await Promise.all([t.load(), profileText.load()])
  session.value = { user: { id: "me", role: "user", phone: "+989120000004" }, ended: false } as never
  const answers: [number, object][] = [[202, { resendAfter: 60 }], [422, { code: "invalid_body", detail: "Invalid.", errors: [{ pointer: "/code", message: "Required." }] }]]
  vi.stubGlobal("fetch", async () => {
    const [status, body] = answers.shift()!
    return new Response(JSON.stringify(body), { status })
  })
  const press = (name: string) => act(() => screen.getByRole("button", { name, hidden: true }).click())
  render(<OwnCodeDialog purpose="delete" title="Delete" confirm="Delete it" kind="danger" current="password" onClose={() => {}} onProven={({ code }) => call("delete", "/me", { body: { code } }).then(() => {})} />)
  await press("Send the code")
  await vi.waitFor(() => screen.getByLabelText("Code"))
  await press("Delete it")
  await vi.waitFor(() => screen.getByText("Required."))
  expect(document.activeElement).toBe(screen.getByLabelText("Code"))
})
