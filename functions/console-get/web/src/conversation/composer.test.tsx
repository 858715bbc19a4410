import { fireEvent, render, screen } from "@testing-library/preact"
import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { draftSignal } from "../drafts/drafts"
import { t } from "../i18n"
import { openDatabase } from "../log/db"
import { leaveForm } from "../../tests/drafts"
import { Composer } from "./composer"

beforeEach(async () => void (await Promise.all([t.load(), openDatabase("me")])))
afterEach(leaveForm)

test("a message that is too long is kept whole, and sent when it is short enough", () => {
  const onSend = vi.fn()
  render(<Composer draft="t:reply" label="Write" onSend={onSend} />)
  const text = screen.getByLabelText<HTMLTextAreaElement>("Write")
  const send = () => fireEvent.keyDown(text, { key: "Enter", ctrlKey: true })
  expect(text.maxLength).toBe(-1) // else the browser cuts a paste
  fireEvent.input(text, { target: { value: `${"😀".repeat(10_000)}ab\n` } }) // the API counts an emoji once, and no space at the end
  send()
  expect(screen.getByRole("status").textContent).toBe("2 characters too many: at most 10,000.")
  expect(screen.getByRole("button", { name: "Send" }).getAttribute("aria-disabled")).toBe("true")
  expect(draftSignal("t:reply").peek().text).toContain("ab")
  expect(onSend).not.toHaveBeenCalled()
  fireEvent.input(text, { target: { value: "😀".repeat(10_000) } })
  send()
  expect(onSend).toHaveBeenCalledOnce()
})
