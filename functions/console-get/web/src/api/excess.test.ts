import { expect, test } from "vitest"
import { excess } from "./excess"

test.each([
  ["an emoji once", "👍👍👍", 1],
  ["no space around it", "  abc \n", 1],
  ["no direction mark", "a\u200fb\u200ec\u061c", 1],
  ["no control character", "a\u0007b\u001bc", 1],
  ["line breaks and tabs", "a\n\r\tb", 3],
  ["the joiners of Persian words and emoji", "a\u200cb\u200dc", 3],
  ["no joiner at its end", "abc\u200c \u200d", 1],
  ["other line separators", "a\vb\u0085c", 3],
  ["nothing below the limit", "a", 0],
])("the API counts %s", (_, text, rest) => {
  expect(excess(text, 2)).toBe(rest)
})
