import { beforeEach, expect, test, vi } from "vitest"
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
