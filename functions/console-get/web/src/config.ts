// The settings of the stack, which pkg/api/console.go writes into index.html.
interface Settings {
  version: string
  stage: string
  region: string
  reopenDays: number
  maxFileMiB: number
}

const fallback: Settings = { version: "dev", stage: "dev", region: "IR", reopenDays: 7, maxFileMiB: 25 }

function read(): Settings {
  const text = document.getElementById("settings")?.textContent
  const parsed: unknown = text ? JSON.parse(text) : null
  return typeof parsed === "object" ? { ...fallback, ...parsed } : fallback
}

export const settings = read()
