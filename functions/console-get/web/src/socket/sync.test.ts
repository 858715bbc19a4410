import { QueryObserver } from "@tanstack/preact-query"
import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { queryClient } from "../api/query"
import { session } from "../app/session"
import { connection } from "./realtime"
import { startSync } from "./sync"

beforeEach(() => {
  session.value = { user: { id: "me", role: "support" } as never, ended: false }
  vi.stubGlobal("fetch", async () => new Response("{}"))
  startSync()
})
afterEach(() => queryClient.clear())

test("read marks and checked files of the open ticket are asked for when the connection opens again", async () => {
  const ask = vi.fn(async () => "t")
  const end = new QueryObserver(queryClient, { queryKey: ["ticket", "t"], queryFn: ask }).subscribe(() => {})
  await expect.poll(() => queryClient.getQueryData(["ticket", "t"])).toBe("t")
  connection.onOpen()
  expect(ask).toHaveBeenCalledTimes(1)
  connection.onOpen()
  expect(ask).toHaveBeenCalledTimes(2)
  end()
})

test("a queue that is not on the screen when the connection opens is asked for when it is shown", () => {
  queryClient.setQueryData(["tickets", "/inbox/mine"], {})
  connection.onOpen()
  expect(queryClient.getQueryState(["tickets", "/inbox/mine"])?.isInvalidated).toBe(true)
})
