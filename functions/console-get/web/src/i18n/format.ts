import { language, type Language } from "."
import { toPersianDigits } from "./digits"

// Persian dates are in the Jalali calendar with Persian digits.
const locales: Record<Language, string> = { en: "en-GB", fa: "fa-IR-u-ca-persian-nu-arabext" }
const cache = new Map<string, unknown>()

/** Keeps the formatters, because making one takes longer than using it a hundred times. */
function cached<T>(kind: string, make: (locale: string) => T): T {
  const key = kind + language.value
  if (!cache.has(key)) cache.set(key, make(locales[language.value]))
  return cache.get(key) as T
}

const dates = (kind: string, options: Intl.DateTimeFormatOptions) => cached(kind, (locale) => new Intl.DateTimeFormat(locale, options))

export const number = (value: number, options?: Intl.NumberFormatOptions): string =>
  cached("number" + JSON.stringify(options ?? {}), (locale) => new Intl.NumberFormat(locale, options)).format(value)

const mostCounted = 99

/** A number for a badge: "99+" from 100 on. */
export const badge = (value: number): string => (value > mostCounted ? `${number(mostCounted)}+` : number(value))

/** Shows digits of a text (a phone number, a code) in the reader's script. */
export const digits = (text: string): string => (language.value === "fa" ? toPersianDigits(text) : text)

/** Keeps the direction of a name, number or address from that of the sentence around it (FSI and PDI of Unicode). */
export const isolate = (text: string): string => `\u2068${text}\u2069`

type Forms = { one?: string; other: string }

/** Chooses the plural form and replaces # by the number. */
export function plural(count: number, forms: Forms): string {
  const rule = cached("plural", (locale) => new Intl.PluralRules(locale)).select(count)
  return ((rule === "one" && forms.one) || forms.other).replace("#", number(count))
}

export const list = (parts: string[]): string => cached("list", (locale) => new Intl.ListFormat(locale, { type: "conjunction" })).format(parts)

const clockOptions = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const

export const clock = (time: Date): string => dates("clock", clockOptions).format(time)

export const month = (time: Date): string => dates("month", { day: "numeric", month: "short" }).format(time)

const year = (time: Date): string => dates("year", { year: "numeric" }).formatToParts(time).find((part) => part.type === "year")?.value ?? ""

/** "Monday, 4 May 2026". In Persian, dateStyle:"full" has the year and the weekday at the wrong places. */
export function longDate(time: Date): string {
  const day = dates("weekday", { weekday: "long" }).format(time)
  const rest = dates("long", { day: "numeric", month: "long" }).format(time)
  return language.value === "fa" ? `${day} ${rest} ${year(time)}` : `${day}, ${rest} ${year(time)}`
}

export const exact = (time: Date): string => (language.value === "fa" ? `${longDate(time)}، ${clock(time)}` : `${longDate(time)}, ${clock(time)}`)

const dayStart = (time: Date) => new Date(time.getFullYear(), time.getMonth(), time.getDate()).getTime()

/** Returns how many midnights lie between two times. */
export const daysBetween = (time: Date, now: Date): number => Math.round((dayStart(now) - dayStart(time)) / 86_400_000)

const relative = () => cached("relative", (locale) => new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "long" }))
const relativeShort = () => cached("relativeShort", (locale) => new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "narrow" }))

/** Makes the formatters that most rows need, while their tickets are on the way. */
export const makeFormatters = (): void => void [relative(), dates("clock", clockOptions)]

const capital = (text: string) => text.charAt(0).toLocaleUpperCase() + text.slice(1)

/** The line above the messages of a day: today, yesterday, else the date. */
export function day(time: Date, now = new Date()): string {
  const days = daysBetween(time, now)
  return days === 0 || days === 1 ? capital(relative().format(-days, "day")) : longDate(time)
}

/** A short time for lists: minutes, then the clock, then the date, with another year. */
export function ago(time: Date, now = new Date()): string {
  const minutes = Math.floor((now.getTime() - time.getTime()) / 60_000)
  if (minutes < 1) return relative().format(0, "second")
  if (minutes < 60) return relativeShort().format(-minutes, "minute")
  const days = daysBetween(time, now)
  if (days <= 0) return clock(time)
  if (days === 1) return relative().format(-1, "day")
  if (days < 7) return dates("weekday", { weekday: "long" }).format(time)
  return year(time) === year(now) ? month(time) : `${month(time)} ${year(time)}`
}

/** The length of a time: "5 min", "3 h", "2 d". */
export function duration(milliseconds: number): string {
  const minutes = Math.max(0, Math.round(milliseconds / 60_000))
  const [value, unit] = minutes < 60 ? [minutes, "minute"] : minutes < 60 * 48 ? [Math.round(minutes / 60), "hour"] : [Math.round(minutes / 1440), "day"]
  return number(value, { style: "unit", unit, unitDisplay: "short" })
}

const units = { en: ["B", "kB", "MB"], fa: ["بایت", "کیلوبایت", "مگابایت"] }

/** The size of a file. Intl keeps kB in Latin letters in Persian. */
export function fileSize(bytes: number): string {
  const power = bytes < 1000 ? 0 : bytes < 1_000_000 ? 1 : 2
  return `${number(bytes / 1000 ** power, { maximumFractionDigits: power === 2 ? 1 : 0 })} ${units[language.value][power]}`
}
