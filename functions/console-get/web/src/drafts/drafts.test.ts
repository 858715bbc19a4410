import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { database, deleteDatabase, openDatabase } from "../log/db"
import { addToDraft, clearDraft, draftKey, draftSignal, editDraft, forgetDrafts, hasUnsavedDraft, removeDrafts, saveDrafts } from "./drafts"

const key = draftKey("t")

beforeEach(async () => {
  forgetDrafts()
  await openDatabase("me")
})
afterEach(async () => {
  vi.useRealTimers()
  forgetDrafts()
  await deleteDatabase("me")
})

const rescueKey = `draft-me-${key}`
const stored = async () => (await database()).get("drafts", key)

test("a draft is stored 200 ms after the last key", async () => {
  draftSignal(key)
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
  editDraft(key, { text: "H" })
  vi.advanceTimersByTime(150)
  editDraft(key, { text: "Hi" })
  vi.advanceTimersByTime(150)
  expect(await stored()).toBeUndefined()
  vi.advanceTimersByTime(60)
  vi.useRealTimers()
  await vi.waitFor(async () => expect((await stored())?.text).toBe("Hi"))
})

test("a page that is left stores the last keys, and the next visit shows them", async () => {
  editDraft(key, { text: "Hello" })
  await saveDrafts()
  forgetDrafts() // a reload
  const draft = draftSignal(key)
  await vi.waitFor(() => expect(draft.value.text).toBe("Hello"))
})

test("keys that are pressed before the device has read the draft win", async () => {
  editDraft(key, { text: "old" })
  await saveDrafts()
  forgetDrafts()
  editDraft(key, { text: "new" })
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(draftSignal(key).value.text).toBe("new")
})

test("reply and note have a draft each; an empty one is deleted", async () => {
  editDraft(key, { text: "reply" })
  editDraft(draftKey("t", "note"), { text: "note" })
  await saveDrafts()
  expect((await (await database()).getAll("drafts")).map((draft) => draft.text)).toEqual(["note", "reply"])
  editDraft(key, { text: " " })
  await saveDrafts()
  expect(await stored()).toBeUndefined()
})

test("keys that the device could not store before the page was left are rescued", async () => {
  editDraft(key, { text: "half a sen" })
  dispatchEvent(new Event("pagehide"))
  const rescued = localStorage.getItem(rescueKey)!
  await vi.waitFor(() => expect(localStorage.getItem(rescueKey)).toBeNull()) // it is stored: nothing is to be rescued
  forgetDrafts()
  await (await database()).delete("drafts", key) // the write did not finish
  localStorage.setItem(rescueKey, rescued)
  const draft = draftSignal(key)
  await vi.waitFor(() => expect(draft.value.text).toBe("half a sen"))
})

test("a draft that the device could not store stays unsaved, and the page that is left rescues it", async () => {
  const put = vi.spyOn(await database(), "put").mockRejectedValue(new DOMException("full", "QuotaExceededError"))
  editDraft(key, { text: "Hello" })
  await expect(saveDrafts()).rejects.toThrow("full")
  expect(hasUnsavedDraft()).toBe(true)
  put.mockRestore()
  dispatchEvent(new Event("pagehide"))
  expect(localStorage.getItem(rescueKey)).toContain("Hello")
  await vi.waitFor(async () => expect((await stored())?.text).toBe("Hello"))
  expect(hasUnsavedDraft()).toBe(false)
})

test("a rescued draft that was sent meanwhile, or whose writer has signed out, does not come back", async () => {
  editDraft(key, { text: "sent" })
  localStorage.setItem(rescueKey, JSON.stringify(draftSignal(key).value)) // the page was left, and shown again
  clearDraft(key)
  expect(localStorage.getItem(rescueKey)).toBeNull()
  localStorage.setItem(rescueKey, "{}")
  localStorage.setItem("language", "en")
  removeDrafts()
  expect([localStorage.getItem(rescueKey), localStorage.getItem("language")]).toEqual([null, "en"])
})

test("a draft that another tab has sent or changed is not shown here as it was, but for one that is being written", async () => {
  const other = new BroadcastChannel("drafts")
  const heard: string[] = []
  other.onmessage = ({ data }) => heard.push(data.draft.text)
  const tell = (text: string, later = 1_000, user = "me") => other.postMessage({ user, draft: { key, text, files: [], updatedAt: Date.now() + later } })
  editDraft(key, { text: "Hello" })
  await saveDrafts()
  await vi.waitFor(() => expect(heard).toEqual(["Hello"]))
  tell("of somebody else", 1_000, "you")
  tell("older", -1_000)
  tell("")
  await vi.waitFor(() => expect(draftSignal(key).peek().text).toBe(""))

  editDraft(key, { text: "being written" })
  tell("theirs", 5_000)
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(draftSignal(key).peek().text).toBe("being written")
  clearDraft(key)
  await vi.waitFor(() => expect(heard.at(-1)).toBe(""))
  other.close()
})

test("what comes back to a draft is put before what stands there, also before what is only stored yet", async () => {
  editDraft(key, { text: "written before", files: ["b"] })
  await saveDrafts()
  forgetDrafts() // a reload
  await addToDraft(key, { text: "taken back", files: ["a"] })
  expect(await stored()).toMatchObject({ text: "taken back\n\nwritten before", files: ["a", "b"] })
})
