import { act, cleanup, fireEvent, render, screen } from "@testing-library/preact"
import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { t } from "../../i18n"
import SignUp from "./sign-up"

type Answer = [status: number, body: object]

/** Answers the requests in this order. */
const serve = (...answers: Answer[]) =>
  vi.stubGlobal("fetch", async () => {
    const [status, body] = answers.shift()!
    return new Response(JSON.stringify(body), { status })
  })

const type = async (label: string, value: string) => {
  const input = await vi.waitFor(() => screen.getByLabelText(label))
  await act(() => void fireEvent.input(input, { target: { value } }))
}
const submit = () => act(() => void fireEvent.submit(document.querySelector("form")!))
const taken: Answer = [409, { code: "phone_taken", detail: "Taken.", errors: [{ pointer: "/phone", message: "Taken." }] }]

beforeEach(async () => {
  await t.load()
  render(<SignUp />)
})
afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

test.each([
  ["at the step of the number, by its field", [taken]],
  ["at the step of the code, which has no such field", [[202, { resendAfter: 60 }], taken]],
] as [string, Answer[]][])("an error of the number is shown once: %s", async (_, answers) => {
  serve(...answers)
  await type("Mobile number", "09120000009")
  await submit()
  if (answers.length > 1) {
    await type("Code", "111111")
    await submit()
  }
  await vi.waitFor(() => expect(screen.getAllByText("Taken.")).toHaveLength(1))
})
