import "fake-indexeddb/auto"
import { act, cleanup, render, screen } from "@testing-library/preact"
import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { session } from "../../app/session"
import { t } from "../../i18n"
import { profileText } from "../../i18n/profile"
import { database, deleteDatabase, openDatabase } from "../../log/db"
import { CropDialog } from "./crop"

const drawn: string[] = []
const context = { fillStyle: "", fillRect: () => drawn.push(context.fillStyle), drawImage: () => drawn.push("image") }
/** What the server answers to each request, and the requests. */
let answers: Record<string, [number, object][]>
let requests: string[]
let uploadStatus: number

class Upload {
  upload = {}
  status = 0
  onload?: () => void
  open() {}
  send() {
    this.status = uploadStatus
    requests.push("upload")
    setTimeout(() => this.onload?.())
  }
}

beforeEach(async () => {
  await Promise.all([t.load(), profileText.load(), openDatabase("me")])
  session.value = { user: { id: "me", role: "user", locale: "en" }, ended: false } as never
  drawn.length = 0
  requests = []
  uploadStatus = 204
  answers = {
    "POST /attachments": [[201, { id: "A", upload: { url: "/bucket", fields: {} }, expiresAt: "2999-01-01T00:00:00Z" }]],
    "GET /attachments/A": [[409, { code: "attachment_pending" }], [200, { url: "/files/A" }]],
    "PATCH /profile": [[200, { id: "me", role: "user", locale: "en", pictureUrl: "/pictures/new" }]],
  }
  HTMLDialogElement.prototype.showModal = function () { this.open = true }
  vi.stubGlobal("XMLHttpRequest", Upload)
  vi.stubGlobal("createImageBitmap", async () => ({ width: 600, height: 400 }))
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(context as never)
  vi.spyOn(HTMLCanvasElement.prototype, "toBlob").mockImplementation((done) => done(new Blob(["jpeg"])))
  vi.stubGlobal("fetch", async (url: string, { method }: { method: string }) => {
    const name = `${method} ${url}`
    requests.push(name)
    const left = answers[name]!
    const [status, body] = left.length > 1 ? left.shift()! : left[0]!
    return new Response(JSON.stringify(body), { status, headers: { "x-csrf-token": "token" } })
  })
})
afterEach(async () => {
  cleanup()
  vi.unstubAllGlobals()
  await deleteDatabase("me")
})

const onClose = vi.fn()
const save = () => screen.getByRole<HTMLButtonElement>("button", { name: "Save" })
const files = async () => (await database()).getAll("files")

async function open(): Promise<void> {
  onClose.mockClear()
  await act(() => void render(<CropDialog file={new File(["x"], "photo.tiff")} onClose={onClose} />))
}

test("a picture is shown when the server has checked it", async () => {
  await open()
  await act(() => save().click())
  await vi.waitFor(() => expect(screen.getByRole("status").textContent).toBe("Being checked…"))
  await vi.waitFor(() => expect(onClose).toHaveBeenCalled(), 3_000)
  expect(requests).toEqual(["POST /attachments", "upload", "GET /attachments/A", "GET /attachments/A", "PATCH /profile"])
  expect(session.value!.user.pictureUrl).toBe("/pictures/new")
})

test("a picture that the check refuses is said so, and is not used", async () => {
  answers["GET /attachments/A"] = [[422, { code: "attachment_refused", detail: "The attachment was refused" }]]
  await open()
  await act(() => save().click())
  await screen.findByText("The attachment was refused")
  expect(requests).not.toContain("PATCH /profile")
  expect(onClose).not.toHaveBeenCalled()
  await vi.waitFor(async () => expect(await files()).toEqual([]))
})

test("a file that is no picture cannot be saved", async () => {
  vi.stubGlobal("createImageBitmap", () => Promise.reject(new DOMException("", "InvalidStateError")))
  await open()
  expect((await screen.findByRole("alert")).textContent).toBe("\u2068photo.tiff\u2069: this type of file is not accepted.")
  expect(save().disabled).toBe(true)
})

test("transparent pictures are drawn on white", async () => {
  await open()
  await vi.waitFor(() => expect(drawn).toEqual(["#fff", "image"]))
})

test("tries that fail leave one file, and none when the dialog is closed", async () => {
  uploadStatus = 503
  await open()
  for (const tries of [1, 2]) {
    await act(() => save().click())
    await vi.waitFor(() => expect(requests.filter((name) => name === "upload")).toHaveLength(tries))
    await screen.findByText(/No connection to the server/)
    expect(await files()).toHaveLength(1)
  }
  cleanup()
  await vi.waitFor(async () => expect(await files()).toEqual([]))
})
