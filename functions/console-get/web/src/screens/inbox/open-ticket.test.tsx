import { QueryClientProvider } from "@tanstack/preact-query"
import { act, fireEvent, render, screen } from "@testing-library/preact"
import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { queryClient } from "../../api/query"
import { draftKey, draftSignal, editDraft, saveDrafts } from "../../drafts/drafts"
import { t } from "../../i18n"
import { inboxText } from "../../i18n/inbox"
import { database, openDatabase } from "../../log/db"
import { leaveForm } from "../../../tests/drafts"
import { OpenTicketDialog } from "./open-ticket"

const customer = { id: "sara", name: "Sara", role: "user" } as never
const key = draftKey("new-sara")
const reply = draftKey("t")
const opening = { title: "Called", categoryId: "c" }

type Sent = { clientId: string; title: string; description: string; categoryId: string; attachmentIds: string[] }
/** The ticket that the server has, and the requests that change it. */
let opened: Sent | null
/** The title that a colleague has given it. */
let renamed: string | null
let requests: [request: string, body: object][]
/** Whether the ticket has entries beyond the newest ones. */
let hasMore: boolean
/** Loses the answers to the first tries. */
let losses: number
let answer: Promise<void>

const ticket = () => ({ id: "t", title: renamed ?? opened!.title, category: { id: opened!.categoryId, name: "C" }, priority: "medium", description: opened!.description, lastSeq: 1, version: 1 })
const entry = () => ({ body: opened!.description, attachments: opened!.attachmentIds.map((id) => ({ id })), state: { status: "new", priority: "medium", categoryId: opened!.categoryId, assigneeId: null } })

async function respond(url: string, method: string, body: Sent): Promise<object> {
  if (url.startsWith("/categories")) return { data: [{ id: "c", name: "C", active: true }, { id: "d", name: "D", active: true }], page: { hasMore: false } }
  if (method === "GET") return { ticket: ticket(), opening: entry(), entries: hasMore ? [] : [entry(), ...(renamed ? [{ kind: "title", change: { field: "title", from: opened!.title, to: renamed } }] : [])], hasMore, readers: [] }
  requests.push([`${method} ${url}`, body])
  if (method === "POST") {
    opened ??= body // the server stores each clientId once, whatever a repeat contains
    await answer
    if (losses-- > 0) throw new TypeError("Failed to fetch")
  }
  return { ...ticket(), ...(method === "PATCH" ? body : {}) }
}

beforeEach(async () => {
  ;[opened, renamed, hasMore, requests, losses, answer] = [null, null, false, [], 0, Promise.resolve()]
  await Promise.all([t.load(), inboxText.load(), openDatabase("me")])
  vi.stubGlobal("fetch", async (url: string, { method, body }: { method: string; body: string }) => new Response(JSON.stringify(await respond(url, method, body && JSON.parse(body)))))
  editDraft(key, { text: "The customer called.", opening })
  await saveDrafts()
})
afterEach(leaveForm)

const show = (onClose = vi.fn()) => (render(<QueryClientProvider client={queryClient}><OpenTicketDialog customer={customer} onClose={onClose} /></QueryClientProvider>), onClose)
const open = () => act(() => screen.getByRole("button", { name: "Open the ticket", hidden: true }).click())
const text = () => screen.getByLabelText<HTMLTextAreaElement>("Your message")

test("what is added after an answer was lost is in the ticket, or in the draft of its reply", async () => {
  losses = 1
  const onClose = show()
  await open()
  await screen.findByText(/No connection to the server/)
  await (await database()).put("files", { id: "f", blob: new Blob(["x"]), name: "a.txt", type: "text/plain", size: 1, attachmentId: "a", uploaded: true })
  editDraft(key, { text: "The customer called. The card is declined.", opening: { title: "Called twice", categoryId: "d", priority: "high" }, files: ["f"] })
  await open()
  await vi.waitFor(() => expect(onClose).toHaveBeenCalledOnce())
  expect(opened?.description).toBe("The customer called.")
  expect(requests.at(-1)).toEqual(["PATCH /tickets/t", { title: "Called twice", categoryId: "d", priority: "high" }])
  expect(draftSignal(reply).peek()).toMatchObject({ text: "The card is declined.", files: ["f"] })
  const db = await database()
  expect([await db.getAllKeys("drafts"), await db.getAllKeys("files")]).toEqual([[reply], ["f"]])
})

test("a repeat that adds nothing changes nothing, although the server has cleaned the text", async () => {
  losses = 1
  editDraft(key, { text: "The \u200ecustomer\u200f called." })
  const onClose = show()
  await open()
  await screen.findByText(/No connection to the server/)
  opened!.description = "The customer called."
  await open()
  await vi.waitFor(() => expect(onClose).toHaveBeenCalledOnce())
  expect(requests.map(([request]) => request)).toEqual(["POST /tickets", "POST /tickets"])
  expect(await (await database()).getAllKeys("drafts")).toEqual([])
})

test.each([["", false], [", long ago", true]])("a repeat leaves the title that a colleague has given the ticket meanwhile%s", async (_, older) => {
  ;[losses, hasMore] = [1, older]
  const onClose = show()
  await open()
  await screen.findByText(/No connection to the server/)
  renamed = "Card declined"
  await open()
  await vi.waitFor(() => expect(onClose).toHaveBeenCalledOnce())
  expect(requests.map(([request]) => request)).toEqual(["POST /tickets", "POST /tickets"])
})

test("nothing can be changed while the ticket is being opened, and what another form of it changes is kept", async () => {
  let release = () => {}
  answer = new Promise((resolve) => (release = resolve))
  const onClose = show()
  await screen.findByText("C")
  await open()
  await vi.waitFor(() => expect(requests).toHaveLength(1))
  expect([text().readOnly, screen.getByLabelText<HTMLInputElement>("Subject").readOnly]).toEqual([true, true])
  expect(screen.getAllByRole<HTMLInputElement>("radio", { hidden: true }).every((radio) => radio.closest("fieldset")!.disabled)).toBe(true)
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Add files", hidden: true }).disabled).toBe(true)
  fireEvent.paste(text(), { clipboardData: { files: [new File(["x"], "a.txt")] } })
  editDraft(key, { text: "The customer called. Twice." }) // the dialog was closed and opened again
  release()
  await vi.waitFor(() => expect(onClose).toHaveBeenCalledOnce())
  expect(draftSignal(reply).peek()).toMatchObject({ text: "Twice.", files: [] })
})
