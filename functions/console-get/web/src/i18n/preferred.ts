export type Language = "en" | "fa"
export const languageKey = "language"

/** Returns the language of the last visit on this device, else that of the browser. */
export function preferredLanguage(): Language {
  const stored = localStorage.getItem(languageKey)
  if (stored === "en" || stored === "fa") return stored
  return navigator.languages.some((tag) => tag.startsWith("fa")) ? "fa" : "en"
}
