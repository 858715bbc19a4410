import { computed, signal } from "@preact/signals"
import type { common } from "./en"
import { type Language, languageKey } from "./preferred"

export type { Language } from "./preferred"
export const languages: readonly Language[] = ["en", "fa"]

/** The language of the interface. Change it with setLanguage. */
export const language = signal<Language>("en")
/** All languages, that of the interface first. */
export const languagesInOrder = computed(() => [...languages].sort((a, b) => Number(b === language.value) - Number(a === language.value)))
export const direction = computed(() => (language.value === "fa" ? "rtl" : "ltr"))

type Loader<T> = Record<Language, () => Promise<T>>
const loaded = new Set<(to: Language) => Promise<() => void>>()

/** A part of the catalogue that is loaded with the screens that use it. */
export interface Texts<T> {
  (): T
  load: () => Promise<void>
}

/** Declares a part of the catalogue. `load` must have finished before the texts are read. */
export function texts<T extends object>(loaders: Loader<T>): Texts<T> {
  const current = signal<T | null>(null)
  const switchTo = async (to: Language) => {
    const next = await loaders[to]()
    return () => (current.value = next)
  }
  const read = () => {
    if (current.value === null) throw new Error("the texts of this screen are not loaded")
    return current.value
  }
  return Object.assign(read, {
    load: async () => {
      if (current.peek() !== null) return
      loaded.add(switchTo)
      for (let to: Language | undefined; to !== language.peek(); ) (await switchTo((to = language.peek())))()
    },
  })
}

/** The texts that every screen shares. */
export const t = texts<typeof common>({
  en: async () => (await import("./en")).common,
  fa: async () => (await import("./fa")).common,
})

/** The text of a name that the server sends; a name that this version does not know is shown as it is. */
export const named = (names: Readonly<Record<string, string>>, name: string): string => (Object.hasOwn(names, name) ? names[name]! : name)

/** Loads a language and shows it: the texts change together with the direction. */
export async function setLanguage(to: Language): Promise<void> {
  const show = await Promise.all([...loaded].map((load) => load(to)))
  localStorage.setItem(languageKey, to)
  document.documentElement.lang = to
  document.documentElement.dir = to === "fa" ? "rtl" : "ltr"
  language.value = to
  show.forEach((apply) => apply())
}
