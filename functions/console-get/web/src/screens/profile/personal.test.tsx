import { QueryClient, QueryClientProvider } from "@tanstack/preact-query"
import { act, cleanup, fireEvent, render, screen } from "@testing-library/preact"
import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { session, updateUser } from "../../app/session"
import { t } from "../../i18n"
import { profileText } from "../../i18n/profile"
import { Personal } from "./personal"

const user = { id: "me", name: "Sara", role: "user", locale: "en", pictureUrl: "https://files.example/sara.jpg" }
const provinces = [
  { id: "tehran", name: "Tehran", nameFa: "تهران", cities: [{ id: "rey", name: "Rey", nameFa: "ری" }] },
  { id: "fars", name: "Fars", nameFa: "فارس", cities: [{ id: "shiraz", name: "Shiraz", nameFa: "شیراز" }] },
]
let stored: object
let bodies: unknown[]

beforeEach(async () => {
  await Promise.all([t.load(), profileText.load()])
  session.value = { user, ended: false } as unknown as typeof session.value
  stored = user
  bodies = []
  vi.stubGlobal("fetch", async (_url: string, { method, body }: { method: string; body?: string }) => {
    if (method === "GET") return new Response(JSON.stringify({ data: provinces }))
    bodies.push(JSON.parse(body!))
    return new Response(JSON.stringify(stored))
  })
  render(<QueryClientProvider client={new QueryClient()}><Personal /></QueryClientProvider>)
})
afterEach(() => {
  cleanup()
  localStorage.clear()
  vi.unstubAllGlobals()
})

const field = (label: string) => screen.getByLabelText<HTMLInputElement | HTMLSelectElement>(label)
const save = () => act(() => screen.getByRole("button", { name: "Save" }).click())
const change = (label: string, value: string) => act(() => void (label === "Name" ? fireEvent.input : fireEvent.change)(field(label), { target: { value } }))
/** Takes what another tab or device has changed. */
const arrive = (change: object) => act(() => updateUser({ ...(stored = { ...stored, ...change }) } as never))
const [tehran, rey] = [{ id: "tehran", name: "Tehran" }, { id: "rey", name: "Rey" }]

test("the picture is removed; without one there is nothing to remove", async () => {
  stored = { ...user, pictureUrl: null }
  screen.getByRole("button", { name: "Remove the picture" }).click()
  await vi.waitFor(() => expect(screen.queryByRole("button", { name: "Remove the picture" })).toBeNull())
  expect(bodies).toEqual([{ pictureId: "" }])
})

test("only what was changed is sent; the other fields follow newer data", async () => {
  await screen.findByText("Fars")
  await change("Name", "Sara Ahmadi")
  await arrive({ province: tehran, city: rey })
  expect([field("Name").value, field("Province").value, field("City").value]).toEqual(["Sara Ahmadi", "tehran", "rey"])
  stored = { ...stored, name: "Sara Ahmadi" }
  await save()
  await vi.waitFor(() => expect(session.peek()?.user.name).toBe("Sara Ahmadi"))
  expect(bodies).toEqual([{ name: "Sara Ahmadi" }])

  await arrive({ name: "Sara A." }) // a stored field follows again
  await vi.waitFor(() => expect(field("Name").value).toBe("Sara A."))
  await change("Province", "fars")
  await change("City", "shiraz")
  await change("Name", "Sara")
  await change("Name", "Sara A.")
  await save()
  await vi.waitFor(() => expect(bodies[1]).toEqual({ province: "fars", city: "shiraz" }))
})

test("a form that is as it was loaded sends nothing", async () => {
  await save()
  await new Promise((resolve) => setTimeout(resolve))
  expect(bodies).toEqual([])
})
