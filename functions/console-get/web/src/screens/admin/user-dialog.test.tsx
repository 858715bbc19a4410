import { act, cleanup, fireEvent, render, screen } from "@testing-library/preact"
import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { session } from "../../app/session"
import { t } from "../../i18n"
import { adminText } from "../../i18n/admin"
import { type AdminUser, NewUser, UserDialog } from "./user-dialog"

const reza = { id: "reza", name: "Reza", role: "support", phone: "+989120000002", email: null, disabled: false, createdAt: "2026-01-01T00:00:00Z" } as unknown as AdminUser

let requests: [request: string, body: object][] = []

/** Refuses a weak password. */
function serve(): void {
  requests = []
  vi.stubGlobal("fetch", async (url: string, { method, body }: { method: string; body: string }) => {
    const sent = JSON.parse(body) as { password?: string }
    requests.push([`${method} ${url}`, sent])
    if (sent.password !== "short") return new Response(JSON.stringify(reza))
    return new Response(JSON.stringify({ code: "weak_password", detail: "Weak", errors: [{ pointer: "/password", message: "Must be at least 8 characters." }] }), { status: 422 })
  })
}

const field = (label: string) => screen.getByLabelText<HTMLInputElement>(new RegExp(`^${label}`), { selector: "input" })
const type = (label: string, value: string) => act(() => void fireEvent.input(field(label), { target: { value } }))
const save = () => act(() => screen.getByRole("button", { name: "Save" }).click())

beforeEach(async () => {
  await Promise.all([t.load(), adminText.load()])
  session.value = { user: { id: "parisa", role: "admin" }, ended: false } as unknown as typeof session.value
  serve()
})
afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

test("new staff get a password, which signs them in together with a code", async () => {
  const onClose = vi.fn()
  render(<NewUser onClose={onClose} />)
  await type("Mobile number", "۰۹۱۲۰۰۰۰۰۰۹")
  await type("Password", "short")
  await save()
  await vi.waitFor(() => screen.getByText("Must be at least 8 characters."))
  await type("Password", "correct-horse-9")
  await type("E-mail", " neda＠example.com ") // the browser would refuse this @
  await save()
  await vi.waitFor(() => expect(onClose).toHaveBeenCalledOnce())
  expect(requests.at(-1)).toEqual(["POST /users", { phone: "09120000009", role: "support", locale: "en", email: "neda＠example.com", password: "correct-horse-9" }])
  expect(field("Password").autocomplete).toBe("new-password")
})

test("an administrator changes number, e-mail address and password of another user, and what stays is not sent", async () => {
  const onClose = vi.fn()
  render(<UserDialog user={reza} onClose={onClose} />)
  await type("New password", "short")
  await save()
  await vi.waitFor(() => screen.getByText("Must be at least 8 characters."))
  await type("New password", "correct-horse-9")
  await save()
  await vi.waitFor(() => expect(onClose).toHaveBeenCalledTimes(1))
  await type("New password", "")
  await type("Mobile number", "09120000008")
  await type("E-mail", "reza@example.com")
  await save()
  await vi.waitFor(() => expect(onClose).toHaveBeenCalledTimes(2))
  expect(requests.slice(1)).toEqual([
    ["PATCH /users/reza", { password: "correct-horse-9" }],
    ["PATCH /users/reza", { phone: "09120000008", email: "reza@example.com" }],
  ])
})

test("one's own number, e-mail address and password are changed elsewhere", () => {
  session.value = { user: { id: "reza", role: "admin" }, ended: false } as unknown as typeof session.value
  render(<UserDialog user={reza} onClose={() => {}} />)
  expect(screen.getAllByRole("textbox").length).toBe(1) // the name
  expect(screen.queryByLabelText(/password/i)).toBeNull() // not a textbox
})

test("a change of one's own name is shown at once, one of the role with other screens", async () => {
  const assign = vi.fn()
  vi.stubGlobal("location", { assign })
  session.value = { user: { ...reza, role: "admin" }, ended: false } as unknown as typeof session.value
  vi.stubGlobal("fetch", async (_url: string, { body }: { body: string }) => new Response(JSON.stringify({ ...reza, role: "admin", locale: "en", ...(JSON.parse(body) as object) })))
  const onClose = vi.fn()
  render(<UserDialog user={{ ...reza, role: "admin" }} onClose={onClose} />)
  await type("Name", "Reza Karimi")
  await save()
  await vi.waitFor(() => expect(onClose).toHaveBeenCalledOnce())
  expect([session.value?.user.name, assign.mock.calls]).toEqual(["Reza Karimi", []])
  await act(() => void fireEvent.change(screen.getByRole("combobox"), { target: { value: "support" } }))
  await save()
  await vi.waitFor(() => expect(assign).toHaveBeenCalledWith("/app/"))
  expect(session.value?.user.role).toBe("support")
})
