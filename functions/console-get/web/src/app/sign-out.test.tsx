import { act, cleanup, fireEvent, render, screen } from "@testing-library/preact"
import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { draftKey, editDraft, forgetDrafts, newTicketKey, saveDrafts } from "../drafts/drafts"
import { t } from "../i18n"
import { deleteDatabase, openDatabase } from "../log/db"
import { outbox } from "../outbox/outbox"
import { EndedSession } from "../screens/account/ended"
import { useSignOut } from "./sign-out"

const { signOut } = vi.hoisted(() => ({ signOut: vi.fn(async () => {}) }))
vi.mock("./session", async (original) => ({ ...(await original<object>()), signOut }))

beforeEach(async () => {
  signOut.mockClear()
  await Promise.all([t.load(), openDatabase("me")])
})
afterEach(async () => {
  cleanup()
  forgetDrafts()
  outbox.value = []
  await deleteDatabase("me")
})

function Leave() {
  const { start, question } = useSignOut()
  return <><button type="button" onClick={start}>Sign out</button>{question}</>
}

const places = [["a session", <Leave key="1" />], ["a session that has ended", <EndedSession key="2" user={{ phone: "+989120000004" } as never} />]] as const
const button = () => screen.getAllByRole("button", { name: "Sign out", hidden: true }).at(-1)!
const leave = () => act(() => void fireEvent.click(button()))

test.each(places)("signing out of %s asks before it deletes what was written and not sent", async (_, place) => {
  editDraft(draftKey("t"), { text: "half a sentence" })
  editDraft(draftKey("u", "note"), { text: " " })
  editDraft(newTicketKey, { opening: { title: "Lamp", categoryId: "" } })
  await saveDrafts()
  forgetDrafts() // a reload: they are only stored
  outbox.value = [{ clientId: "1" } as never]
  render(place)
  await leave()
  await screen.findByText(/^3 messages and drafts have not been sent yet/)
  expect(signOut).not.toHaveBeenCalled()
  await leave() // the button of the question
  await vi.waitFor(() => expect(signOut).toHaveBeenCalledOnce())
})

test.each(places)("signing out of %s asks nothing if nothing is lost", async (_, place) => {
  editDraft(draftKey("t"), { text: "" })
  render(place)
  await leave()
  await vi.waitFor(() => expect(signOut).toHaveBeenCalledOnce())
})
