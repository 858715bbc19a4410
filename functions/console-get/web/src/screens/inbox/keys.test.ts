import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { letterOf, shortcutReader } from "./keys"

const press = (key: string, code: string, more: Partial<KeyboardEvent> = {}) => ({ key, code, target: document.body, ...more }) as KeyboardEvent

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test("letterOf reads the position of a key on a Persian layout", () => {
  expect(letterOf(press("ت", "KeyJ"))).toBe("j")
  expect(letterOf(press("J", "KeyJ"))).toBe("j")
  expect(letterOf(press("q", "KeyA"))).toBe("q") // a French layout: the letter counts
  expect(letterOf(press("ج", "BracketLeft"))).toBe("[")
})

test("a sequence ends after its second key or in 1.5 s", () => {
  const read = shortcutReader()
  expect(read(press("g", "KeyG"))).toBeNull()
  expect(read(press("م", "KeyM"))).toBe("g m")
  expect(read(press("g", "KeyG"))).toBeNull()
  vi.advanceTimersByTime(2_000)
  expect(read(press("m", "KeyM"))).toBe("m")
})

test("fields and modifiers keep their keys", () => {
  const read = shortcutReader()
  expect(read(press("r", "KeyR", { target: document.createElement("textarea") }))).toBeNull()
  expect(read(press("r", "KeyR", { ctrlKey: true }))).toBeNull()
  expect(read(press("E", "KeyE", { shiftKey: true }))).toBe("shift+e")
})

test("the help opens by the question mark of any layout", () => {
  const read = shortcutReader()
  for (const mark of ["?", "؟"]) expect(read(press(mark, "Slash", { shiftKey: true }))).toBe("?")
  expect(read(press("/", "Slash"))).toBe("/")
})
