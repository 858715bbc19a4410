import { expect, test, vi } from "vitest"

const held: { tag: string; data: { id: string } }[] = []
const showNotification = vi.fn(async (_title: string, options: { tag: string; data: { id: string } }) => void held.splice(0, 1, options))

/** Delivers a push message, and returns whether its notification makes a sound although it replaces another one. */
async function push(notificationId: string): Promise<boolean> {
  let done: Promise<void> | undefined
  const event = Object.assign(new Event("push"), { data: { json: () => ({ notificationId, ticketId: "t", title: "New reply" }) }, waitUntil: (work: Promise<void>) => (done = work) })
  globalThis.dispatchEvent(event)
  await done
  return (showNotification.mock.lastCall![1] as unknown as { renotify: boolean }).renotify
}

test("another message of a ticket sounds again; one that is repeated, or that the page has shown, does not", async () => {
  vi.stubGlobal("__FILES__", [])
  vi.stubGlobal("__VERSION__", "1")
  vi.stubGlobal("clients", { matchAll: async () => [] })
  vi.stubGlobal("registration", { showNotification, getNotifications: async ({ tag }: { tag: string }) => held.filter((each) => each.tag === tag) })
  await import("./sw")
  expect([await push("1"), await push("1"), await push("2")]).toEqual([false, false, true])
  expect(held.map(({ tag }) => tag)).toEqual(["t"])
})
