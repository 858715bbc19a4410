import { signal } from "@preact/signals"

export type Theme = "system" | "light" | "dark"
const storageKey = "theme"
const stored = localStorage.getItem(storageKey)

export const theme = signal<Theme>(stored === "light" || stored === "dark" ? stored : "system")

export function applyTheme(): void {
  document.documentElement.dataset.theme = theme.peek()
}

export function setTheme(to: Theme): void {
  theme.value = to
  localStorage.setItem(storageKey, to)
  applyTheme()
}
