import { act, cleanup, fireEvent, render, screen } from "@testing-library/preact"
import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { session } from "../../app/session"
import { t } from "../../i18n"
import { SignInForm } from "./sign-in-form"

const user = { id: "me", role: "support", locale: "en" }
const challenge = "mGfB0DqCqYqWbUeM0kR1Pg"
type Answer = [status: number, body: object, headers?: Record<string, string>]
const codeSent: Answer = [202, { challenge, expiresIn: 300, resendAfter: 60 }]
const tooSoon: Answer = [429, { code: "too_many_requests", detail: "A code was sent a moment ago." }, { "retry-after": "41" }]
const factorMissing = (pointer: string): Answer => [401, { code: "second_factor_required", errors: [{ pointer, message: "Both" }] }]
const signedIn: Answer = [200, { user }]

let requests: [path: string, body: object][] = []

/** Answers the requests in this order. */
function serve(...answers: (Answer | Promise<Answer>)[]): void {
  requests = []
  vi.stubGlobal("fetch", async (url: string, { body }: { body?: string }) => {
    requests.push([url, body ? (JSON.parse(body) as object) : {}])
    const [status, answer, headers] = await answers.shift()!
    return new Response(JSON.stringify(answer), { status, ...(headers ? { headers } : {}) })
  })
}

const type = (label: string, value: string) => act(() => void fireEvent.input(screen.getByLabelText(label), { target: { value } }))
const press = (name: string) => act(() => screen.getByRole("button", { name }).click())

beforeEach(async () => {
  await t.load()
  vi.useFakeTimers({ toFake: ["Date", "setInterval"] })
  vi.stubGlobal("location", { reload: () => {}, assign: () => {} })
  localStorage.clear()
  session.value = null
  render(<SignInForm />)
  await type("Mobile number", "09120000002")
})
afterEach(() => {
  cleanup()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test("staff who sign in by code are asked for the password too; the code is still valid", async () => {
  serve(codeSent, factorMissing("/password"), signedIn)
  await press("Use a code by SMS")
  await press("Send the code")
  await vi.waitFor(() => screen.getByLabelText("Code"))
  await type("Code", "123456")
  await vi.waitFor(() => screen.getByLabelText("Password"))
  screen.getByText("Your account needs the password too.")
  await type("Password", "correct-horse-9")
  await press("Sign in")
  await vi.waitFor(() => expect(session.value?.user.id).toBe("me"))
  const code = { phone: "09120000002", session: "cookie", code: "123456", challenge }
  expect(requests).toEqual([["/otp", { phone: "09120000002", purpose: "login" }], ["/login", code], ["/login", { ...code, password: "correct-horse-9" }]])
})

test("staff who sign in by password are asked for a code too", async () => {
  serve(factorMissing("/code"), codeSent, signedIn)
  await type("Password", "correct-horse-9")
  await press("Sign in")
  await vi.waitFor(() => screen.getByLabelText("Code"))
  await type("Code", "123456")
  await vi.waitFor(() => expect(session.value?.user.id).toBe("me"))
  expect(requests.at(-1)).toEqual(["/login", { phone: "09120000002", session: "cookie", password: "correct-horse-9", code: "123456", challenge }])
})

test("a code that was sent before a reload can be entered: another one is not sent yet", async () => {
  serve(tooSoon, signedIn)
  await press("Use a code by SMS")
  await press("Send the code")
  await vi.waitFor(() => screen.getByText("New code in 41 seconds"))
  expect(screen.queryByRole("alert")).toBeNull()
  await type("Code", "123456")
  await vi.waitFor(() => expect(session.value?.user.id).toBe("me"))
  expect(requests.at(-1)).toEqual(["/login", { phone: "09120000002", session: "cookie", code: "123456" }])
})

test("a client that has asked for too many codes waits", async () => {
  serve([429, { code: "too_many_requests", detail: "Too many requests." }, { "retry-after": "3600" }])
  await press("Use a code by SMS")
  await press("Send the code")
  await vi.waitFor(() => screen.getByText("Too many requests."))
  expect(screen.queryByLabelText("Code")).toBeNull()
})

test("a new code begins without the wrong one and its error; two clicks ask for one", async () => {
  const wrong: Answer = [422, { code: "code_wrong", detail: "The code is wrong.", errors: [{ pointer: "/code", message: "Wrong." }] }]
  let answer = () => {}
  serve(codeSent, wrong, new Promise((resolve) => (answer = () => resolve(codeSent))))
  await press("Use a code by SMS")
  await press("Send the code")
  await vi.waitFor(() => screen.getByLabelText("Code"))
  await type("Code", "111111")
  await vi.waitFor(() => screen.getByText("Wrong."))
  await act(() => void vi.advanceTimersByTime(61_000))
  await press("Send a new code")
  await press("Send a new code")
  answer()
  await vi.waitFor(() => expect(screen.queryByText("Wrong.")).toBeNull())
  const field = screen.getByLabelText<HTMLInputElement>("Code")
  expect([field.value, document.activeElement === field, requests.length]).toEqual(["", true, 3])
})

test("after the number was changed elsewhere, the session goes on with the new one", async () => {
  cleanup()
  render(<SignInForm knownPhone="+989120000001" />)
  serve(signedIn)
  await type("Mobile number", "09120000003")
  await type("Password", "correct-horse-7")
  await press("Sign in")
  await vi.waitFor(() => expect(requests[0]).toMatchObject(["/login", { phone: "09120000003" }]))
  expect(screen.queryByLabelText<HTMLInputElement>("Mobile number")?.disabled ?? false).toBe(false)
})
