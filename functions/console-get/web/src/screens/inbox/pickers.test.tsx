import { cleanup, fireEvent, render, screen } from "@testing-library/preact"
import { afterEach, beforeEach, expect, test } from "vitest"
import { t } from "../../i18n"
import { inboxText } from "../../i18n/inbox"
import { ticketSignal } from "../../log/tickets"
import { TagsPicker } from "./pickers"

beforeEach(async () => void (await Promise.all([t.load(), inboxText.load()])))
afterEach(cleanup)

const show = (tags: string[]) => {
  ticketSignal("t").value = { id: "t", tags } as never
  render(<TagsPicker ticketId="t" onClose={() => {}} />)
}
const type = (value: string) => fireEvent.input(screen.getByRole("combobox", { hidden: true }), { target: { value } })
const options = () => screen.queryAllByRole("option", { hidden: true }).map((option) => option.textContent)

test("a tag may have 40 characters", () => {
  show([])
  type("a".repeat(40))
  expect(options()).toEqual(["a".repeat(40)])
  type("a".repeat(41))
  expect(options()).toEqual([])
  screen.getByText("1 character too many: at most 40.")
})

test("a ticket with 20 tags can only lose some", () => {
  show(Array.from({ length: 20 }, (_, i) => `tag ${i}`))
  screen.getByText("A ticket has at most 20 tags. Choose one to remove it.")
  expect(options()).toHaveLength(20)
  type("another")
  expect(options()).toEqual([])
})
