import { cleanup, fireEvent, render, screen } from "@testing-library/preact"
import { useState } from "preact/hooks"
import { afterEach, expect, test, vi } from "vitest"
import { t } from "../i18n"
import { CodeField } from "./controls"

afterEach(cleanup)

const done = vi.fn()
function Form() {
  const [code, setCode] = useState("")
  return <CodeField label="Code" value={code} onText={setCode} onDone={done} />
}

const field = () => screen.getByLabelText<HTMLInputElement>("Code")

function paste(text: string): boolean {
  const clipboardData = { getData: () => text }
  return fireEvent(field(), Object.assign(new Event("paste", { bubbles: true, cancelable: true }), { clipboardData }))
}

test.each(["123 456", " 123456", "۱۲۳ ۴۵۶", "Your code: 123456. It is valid for 5 minutes."])("a pasted code replaces what is there: %j", async (text) => {
  await t.load()
  render(<Form />)
  fireEvent.input(field(), { target: { value: "111111" } })
  done.mockClear()
  expect(paste(text)).toBe(false) // the browser inserts nothing
  await vi.waitFor(() => expect(field().value).toBe("123456"))
  expect(done.mock.calls).toEqual([["123456"]])
})

test.each([["12 34", "1234"], ["12x", "12"], ["۱۲۳ ۴۵۶", "123456"], ["1234567", "123456"]])("typed text is cleaned on the screen too: %j", async (text, shown) => {
  await t.load()
  render(<Form />)
  expect(field().maxLength).toBe(-1) // else the browser cuts before
  fireEvent.input(field(), { target: { value: shown } })
  fireEvent.input(field(), { target: { value: text } })
  await vi.waitFor(() => expect(field().value).toBe(shown))
})
