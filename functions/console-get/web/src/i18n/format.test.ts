import { beforeEach, describe, expect, test } from "vitest"
import { language } from "."
import { toLatinDigits, toPersianDigits } from "./digits"
import { ago, day, digits, duration, exact, fileSize, longDate, number, plural } from "./format"

const now = new Date(2026, 10, 28, 12, 0)
const before = (minutes: number) => new Date(now.getTime() - minutes * 60_000)

test("digits of every script become Latin, and Latin ones Persian", () => {
  expect(toLatinDigits("۰۹۱۲٣٤٥ 6789")).toBe("0912345 6789")
  expect(toPersianDigits("0912")).toBe("۰۹۱۲")
})

describe("English", () => {
  beforeEach(() => void (language.value = "en"))
  test("dates", () => {
    expect(longDate(now)).toBe("Saturday, 28 November 2026")
    expect(exact(now)).toBe("Saturday, 28 November 2026, 12:00")
    expect([day(now, now), day(before(24 * 60), now)]).toEqual(["Today", "Yesterday"])
    expect([ago(before(0), now), ago(before(180), now), ago(before(24 * 60), now), ago(before(3 * 24 * 60), now), ago(before(30 * 24 * 60), now), ago(before(400 * 24 * 60), now)]).toEqual(["now", "09:00", "yesterday", "Wednesday", "29 Oct", "24 Oct 2025"])
  })
  test("numbers", () => {
    expect([number(1234), digits("0912"), fileSize(1_250_000), fileSize(900), duration(3 * 3_600_000)]).toEqual(["1,234", "0912", "1.3 MB", "900 B", "3 hrs"])
    expect([plural(1, { one: "# day", other: "# days" }), plural(2, { one: "# day", other: "# days" })]).toEqual(["1 day", "2 days"])
  })
})

describe("Persian", () => {
  beforeEach(() => void (language.value = "fa"))
  test("dates are Jalali, the weekday before and the year after", () => {
    expect(longDate(now)).toBe("شنبه ۷ آذر ۱۴۰۵")
    expect(exact(now)).toBe("شنبه ۷ آذر ۱۴۰۵، ۱۲:۰۰")
    expect([day(now, now), day(before(24 * 60), now)]).toEqual(["امروز", "دیروز"])
    expect(ago(before(180), now)).toBe("۰۹:۰۰")
    expect([ago(before(30 * 24 * 60), now), ago(before(300 * 24 * 60), now)]).toEqual(["۷ آبان", "۱۲ بهمن ۱۴۰۴"])
  })
  test("numbers have Persian digits and no Latin letters", () => {
    for (const text of [number(1234), digits("0912"), fileSize(1_250_000), fileSize(900), duration(3 * 3_600_000), plural(2, { other: "# روز" })]) expect(text).not.toMatch(/[0-9A-Za-z]/)
  })
})
