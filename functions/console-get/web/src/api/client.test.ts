import { afterEach, expect, test, vi } from "vitest"
import { call, setCsrfToken, setSessionEndHandler } from "./client"
import { describe } from "../ui/states"
import { t } from "../i18n"

afterEach(() => vi.unstubAllGlobals())

test("a late answer to a request of the former session does not end the new one", async () => {
  const answers: ((response: Response) => void)[] = []
  vi.stubGlobal("fetch", () => new Promise<Response>((resolve) => answers.push(resolve)))
  const ended = vi.fn()
  setSessionEndHandler(ended)
  const refuse = () => answers.shift()!(new Response('{"code":"unauthenticated"}', { status: 401 }))
  const late = call("get", "/profile")
  setCsrfToken("of the next login")
  refuse()
  await expect(late).rejects.toMatchObject({ status: 401 })
  expect(ended).not.toHaveBeenCalled()

  const next = call("get", "/profile")
  refuse()
  await expect(next).rejects.toMatchObject({ status: 401 })
  expect(ended).toHaveBeenCalledOnce()
})

test("an error of API Gateway itself has a text in the language of the console", async () => {
  await t.load()
  vi.stubGlobal("fetch", async () => new Response('{"message":"Too Many Requests"}', { status: 429, statusText: "Too Many Requests" }))
  const error: unknown = await call("get", "/profile").catch((reason: unknown) => reason)
  expect(describe(error).text).toBe(t().errors.unknown)
})
