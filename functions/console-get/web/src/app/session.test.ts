import { beforeEach, expect, test, vi } from "vitest"
import { call } from "../api/client"
import { language, setLanguage } from "../i18n"
import { database, openDatabase } from "../log/db"
import { chooseLanguage, refreshUser, restoreSession, session, signedIn } from "./session"

const user = { id: "u", name: "Sara", role: "user" }
let requests: { method: string; url: string; answer: (body: object, status?: number) => void }[] = []

const [reload, assign] = [vi.fn(), vi.fn()]
const tab = new BroadcastChannel("session")
const heard: unknown[] = []
tab.onmessage = ({ data }) => heard.push(data)

beforeEach(() => {
  requests = []
  heard.length = 0
  for (const mock of [reload, assign]) mock.mockClear()
  session.value = undefined
  localStorage.clear()
  vi.stubGlobal("location", { reload, assign })
  vi.stubGlobal("fetch", (url: string, { method }: RequestInit) =>
    new Promise((resolve) => requests.push({ method: method!, url, answer: (body, status = 200) => resolve(new Response(JSON.stringify(body), { status, headers: { "x-csrf-token": "token" } })) })),
  )
})

test("the stored user is shown while the server does not answer; the answer counts when it comes", async () => {
  localStorage.setItem("user", JSON.stringify(user))
  await restoreSession()
  expect(session.value).toEqual({ user, ended: false })
  void call("post", "/realtime/tickets") // it needs the token of the answer
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(requests.map(({ url }) => url)).toEqual(["/profile"])

  requests[0]!.answer({ ...user, name: "Sara Ahmadi" })
  await expect.poll(() => session.value?.user.name).toBe("Sara Ahmadi")
  expect(JSON.parse(localStorage.getItem("user")!)).toMatchObject({ name: "Sara Ahmadi" })
  await expect.poll(() => requests[1]?.url).toBe("/realtime/tickets")
})

test("a stored user whose session has ended signs in", async () => {
  localStorage.setItem("user", JSON.stringify(user))
  await restoreSession()
  requests[0]!.answer({ code: "unauthenticated" }, 401)
  await expect.poll(() => session.value).toBe(null)
})

test.each([[user, 200, { user, ended: false }], [{ code: "unauthenticated" }, 401, null]] as const)("without a stored user the answer decides: %j", async (body, status, expected) => {
  const restored = restoreSession()
  requests[0]!.answer(body, status)
  await restored
  expect(session.value).toEqual(expected)
})

const another = { ...user, id: "v", name: "Reza", locale: "en" } as never

test("another person who signs in after an expired session meets nothing of the former one, in no tab", async () => {
  localStorage.setItem("user", JSON.stringify(user))
  await restoreSession()
  requests[0]!.answer({ code: "unauthenticated" }, 401)
  await expect.poll(() => session.value).toBe(null)
  await signedIn({ user: another })
  expect(JSON.parse(localStorage.getItem("user")!)).toEqual(another)
  expect(session.value).toBe(null) // no screen, until the page is new
  expect(reload).toHaveBeenCalledTimes(1)
  await expect.poll(() => heard).toEqual(["signedIn"])
})

test.each([
  ["shows the same person", user, false, 0],
  ["shows another person", another, false, 1],
  ["shows a session that has ended", user, true, 1],
])("a tab that %s when somebody signs in elsewhere: %j", async (_, held, ended, reloads) => {
  localStorage.setItem("user", JSON.stringify(user))
  session.value = { user: held as never, ended }
  tab.postMessage("signedIn")
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(reload).toHaveBeenCalledTimes(reloads)
})

test("a user who is no longer staff meets nothing of the inbox, but what they wrote", async () => {
  const agent = { ...user, id: "w", role: "support" }
  localStorage.setItem("user", JSON.stringify(agent))
  await restoreSession()
  const db = await openDatabase("w")
  await db.put("tickets", { id: "t", lastActivityAt: "" } as never)
  await db.put("entries", { ticketId: "t", seq: 1 } as never)
  await db.put("logs", { ticketId: "t", usedAt: 0 } as never)
  await db.put("drafts", { key: "t:reply", text: "Hello" } as never)
  requests[0]!.answer({ ...agent, role: "user" })
  await expect.poll(() => reload.mock.calls.length).toBe(1)

  await restoreSession() // as the new page does
  const counts = await Promise.all((["tickets", "entries", "logs", "drafts"] as const).map(async (name) => (await database()).count(name)))
  expect(counts).toEqual([0, 0, 0, 1])
})

test("the language of the profile is shown, after a sign-in and after a start", async () => {
  await signedIn({ user: { ...user, locale: "fa" } as never })
  expect([language.value, document.documentElement.dir, requests]).toEqual(["fa", "rtl", []]) // the profile stays as it is
  await restoreSession()
  requests[0]!.answer({ ...user, locale: "en" })
  await expect.poll(() => language.value).toBe("en")

  localStorage.clear()
  const restored = restoreSession()
  requests[1]!.answer({ ...user, locale: "fa" })
  await restored
  expect(language.value).toBe("fa")
})

test("a language that was chosen before the sign-in becomes that of the profile, once", async () => {
  await setLanguage("en")
  chooseLanguage("fa")
  await expect.poll(() => language.value).toBe("fa")
  const first = signedIn({ user: { ...user, locale: "en" } as never })
  await expect.poll(() => requests.map(({ method, url }) => `${method} ${url}`)).toEqual(["PATCH /profile"])
  requests[0]!.answer({ ...user, locale: "fa" })
  await first
  expect([language.value, session.value?.user.locale]).toEqual(["fa", "fa"])
  await signedIn({ user: { ...user, locale: "en" } as never })
  expect([language.value, requests.length]).toEqual(["en", 1])
})

test("a profile that another tab or device has changed is taken, but not that of another person", async () => {
  localStorage.setItem("user", JSON.stringify(user))
  session.value = { user: user as never, ended: false }
  const changed = { ...user, name: "Sara A.", locale: "en" }
  const tell = (stored: object) => window.dispatchEvent(new StorageEvent("storage", { key: "user", newValue: JSON.stringify(stored) }))
  tell(changed)
  expect(session.value).toEqual({ user: changed, ended: false })
  tell(another as object)
  expect(session.value.user.name).toBe("Sara A.")

  const [first, second] = [refreshUser(), refreshUser()]
  requests[1]!.answer({ ...changed, name: "Sara B." })
  await second
  requests[0]!.answer({ ...changed, name: "older" })
  await first
  expect(session.value.user.name).toBe("Sara B.")
})
