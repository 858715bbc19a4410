import { beforeEach, describe, expect, test, vi } from "vitest"
import { NetworkError, OutdatedError } from "../api/problem"
import { screenMissing } from "./worker"

const page = (script: string) => async () => new Response(`<script type="module" src="/app/assets/${script}"></script>`)
const reload = vi.fn()

beforeEach(() => {
  sessionStorage.clear()
  reload.mockClear()
  vi.stubGlobal("location", { reload })
  document.head.innerHTML = `<script type="text/plain" src="/app/assets/index-old12345.js"></script>`
})

test("a screen of a version that the server no longer has: the page takes the new one, once", async () => {
  vi.stubGlobal("fetch", page("index-new12345.js"))
  void screenMissing(new Error("404"))
  await expect.poll(() => reload.mock.calls.length).toBe(1)
  await expect(screenMissing(new Error("404"))).rejects.toBeInstanceOf(OutdatedError)
  expect(reload).toHaveBeenCalledTimes(1)
})

test.each([
  ["the server has this version", page("index-old12345.js")],
  ["the server does not answer", async () => Promise.reject(new TypeError("Failed to fetch"))],
  ["the server fails", async () => new Response("{}", { status: 503 })],
])("a screen that did not load is a matter of the network if %s", async (_, answer) => {
  vi.stubGlobal("fetch", answer)
  await expect(screenMissing(new Error("cut"))).rejects.toBeInstanceOf(NetworkError)
  expect(reload).not.toHaveBeenCalled()
})

/** A page of the old version, whose worker another page replaces or which hears of a new one, while it is hidden. */
async function hidden(html: string, event: "replaced elsewhere" | "offered"): Promise<"reloaded" | "kept"> {
  vi.resetModules()
  const workers = new EventTarget()
  const waiting = { postMessage: () => reload() } // the new worker takes over, which reloads
  const registration = Object.assign(new EventTarget(), { waiting: event === "offered" ? waiting : null, update: async () => {} })
  vi.stubGlobal("navigator", { serviceWorker: Object.assign(workers, { controller: {}, register: async () => registration }) })
  vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden")
  document.body.innerHTML = html
  const { registerWorker } = await import("./worker")
  registerWorker()
  if (event === "replaced elsewhere") workers.dispatchEvent(new Event("controllerchange"))
  await new Promise((resolve) => setTimeout(resolve, 50))
  return reload.mock.calls.length > 0 ? "reloaded" : "kept"
}

describe.each(["replaced elsewhere", "offered"] as const)("a hidden page whose version is %s", (event) => {
  test.each([
    ["nothing of it would be lost", "<form class=account-form><input></form>", "reloaded"],
    ["a dialog is open", "<dialog open></dialog>", "kept"],
    ["a code was sent", "<form class=account-form><input autocomplete=one-time-code></form>", "kept"],
    ["a number is written", "<form class=account-form><input value=0912></form>", "kept"],
  ])("%s: %s", async (_, html, expected) => expect(await hidden(html, event)).toBe(expected))
})
