import { expect, test } from "vitest"
import { fold } from "./fold-text"

test("fold ignores forms of letters and digits", () => {
  expect(fold("كارت‌های  ي ۱۲")).toBe(fold("کارت های ی 12"))
  expect(fold("VGEM-MVRZ")).toBe("vgem mvrz")
  expect(fold("Élan")).toBe("elan")
  expect(fold("Go to \u2068Mine\u2069")).toBe("go to mine")
})
