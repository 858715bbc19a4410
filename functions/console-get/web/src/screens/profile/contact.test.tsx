import { act, cleanup, fireEvent, render, screen } from "@testing-library/preact"
import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { session, updateUser } from "../../app/session"
import { t } from "../../i18n"
import { profileText } from "../../i18n/profile"
import { Contact } from "./contact"

const user = { id: "me", role: "support", locale: "en", phone: "+989120000002", email: "reza@example.com", emailVerified: false, notifications: {} }
const moved = { ...user, phone: "+989120000009" }
type Answer = [status: number, body: object, headers?: Record<string, string>]
const codeSent = (challenge: string): Answer => [202, { challenge, expiresIn: 300, resendAfter: 60 }]
const refused = (pointer: string, message: string, code = "invalid_body"): Answer => [422, { code, detail: message, errors: [{ pointer, message }] }]

let requests: [path: string, body: object][] = []

/** Answers the requests in this order. */
function serve(...answers: Answer[]): void {
  requests = []
  vi.stubGlobal("fetch", async (url: string, { body }: { body?: string }) => {
    requests.push([url, body ? (JSON.parse(body) as object) : {}])
    const [status, answer, headers] = answers.shift()!
    return new Response(JSON.stringify(answer), { status, ...(headers ? { headers } : {}) })
  })
}

const field = (label: string) => vi.waitFor(() => screen.getByLabelText<HTMLInputElement>(label))
const type = async (label: string, value: string) => {
  const input = await field(label)
  await act(() => void fireEvent.input(input, { target: { value } }))
}
const press = (name: string) => act(() => screen.getByRole("button", { name }).click())

beforeEach(async () => {
  await Promise.all([t.load(), profileText.load()])
  session.value = { user, ended: false } as unknown as typeof session.value
  render(<Contact />)
})
afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

async function enterNewNumber(): Promise<void> {
  await press("Change")
  await type("New number", "09120000009")
  await press("Send the code")
  await type("Code", "111111")
}

test("staff who need two factors send the password and a code to the current number", async () => {
  serve(codeSent("new"), refused("/oldCode", "Both"), codeSent("old"), refused("/oldCode", "Wrong.", "code_wrong"), [200, moved])
  await enterNewNumber()
  await type("Your password", "correct-horse-9")
  await press("Change the mobile number")
  const body = { phone: "09120000009", code: "111111", challenge: "new", password: "correct-horse-9" }
  await type("Code at the current number", "222222")
  await press("Change the mobile number")
  await vi.waitFor(() => screen.getByText("Wrong."))
  expect((await field("Code")).getAttribute("aria-invalid")).toBeNull() // this one is right
  await type("Code at the current number", "333333")
  await press("Change the mobile number")
  await vi.waitFor(() => expect(session.value?.user.phone).toBe(moved.phone))
  const old = { oldChallenge: "old" }
  expect(requests).toEqual([
    ["/otp", { phone: "09120000009", purpose: "phone" }],
    ["/profile/phone", body],
    ["/otp", { phone: user.phone, purpose: "phone" }],
    ["/profile/phone", { ...body, ...old, oldCode: "222222" }],
    ["/profile/phone", { ...body, ...old, oldCode: "333333" }],
  ])
})

test("a user without a password sends a code to the current number instead", async () => {
  serve(codeSent("new"), codeSent("old"), [200, moved])
  await enterNewNumber()
  await press("I have no password")
  await type("Code at the current number", "222222")
  expect(screen.queryByLabelText("Your password")).toBeNull()
  await press("Change the mobile number")
  await vi.waitFor(() => expect(session.value?.user.phone).toBe(moved.phone))
  expect(requests.at(-1)).toEqual(["/profile/phone", { phone: "09120000009", code: "111111", challenge: "new", oldCode: "222222", oldChallenge: "old" }])
})

test("a number that has an account already is said, in the step of the code too", async () => {
  serve(codeSent("new"), [409, { code: "phone_taken", detail: "Taken.", errors: [{ pointer: "/phone", message: "Taken." }] }])
  await enterNewNumber()
  await type("Your password", "correct-horse-9")
  await press("Change the mobile number")
  await vi.waitFor(() => screen.getByText("Taken."))
})

const tooSoon: Answer = [429, { code: "too_many_requests", detail: "A code was sent a moment ago." }, { "retry-after": "41" }]

test("a code that was mailed before a reload can be entered; after a change of the address there is none", async () => {
  serve(tooSoon, [200, { ...user, emailVerified: true }])
  await press("Confirm")
  await vi.waitFor(() => screen.getByText("New code in 41 seconds"))
  await type("Code", "123456")
  await vi.waitFor(() => expect(session.value?.user.emailVerified).toBe(true))

  serve([200, { ...user, email: "other@example.com" }], tooSoon)
  await type("E-mail", "other@example.com")
  await press("Confirm")
  await vi.waitFor(() => screen.getByText("A code was sent a moment ago."))
  expect(screen.queryByLabelText("Code")).toBeNull()
})

test("an address that the browser would refuse is sent", async () => {
  serve([200, { ...user, email: "neda@example.com" }], tooSoon)
  await type("E-mail", "neda＠example.com")
  await press("Confirm")
  await vi.waitFor(() => expect(requests[0]).toEqual(["/profile", { email: "neda＠example.com" }]))
})

test("an address that nobody has changed follows newer data", async () => {
  act(() => updateUser({ ...user, email: "new@example.com" } as never))
  await vi.waitFor(async () => expect((await field("E-mail")).value).toBe("new@example.com"))
  serve([200, { ...user, email: "typed@example.com" }], tooSoon)
  await type("E-mail", "typed@example.com")
  act(() => updateUser({ ...user, email: "newer@example.com" } as never))
  expect((await field("E-mail")).value).toBe("typed@example.com")
})
