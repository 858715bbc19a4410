import { expect, test } from "vitest"
import { scaleOf } from "./chart"

test.each([
  [0, [0, 1]],
  [3, [0, 1, 2, 3]],
  [5, [0, 2, 4, 6]],
  [22, [0, 10, 20, 30]],
  [17, [0, 5, 10, 15, 20]],
  [331, [0, 100, 200, 300, 400]],
])("the scale for %i", (largest, scale) => expect(scaleOf(largest)).toEqual(scale))
