import { callWithHeaders } from "../../api/client"

/** Saves the user's data as a file; what is large is made by the server first, which `onWait` reports. */
export async function fetchExport(signal: AbortSignal, onWait: () => void): Promise<void> {
  for (;;) {
    const { body, headers } = await callWithHeaders("get", "/me/export", { signal })
    if ("exportedAt" in body) return saveBlob(new Blob([JSON.stringify(body, null, 2)], { type: "application/json" }), `export-${body.exportedAt.slice(0, 10)}.json`)
    if (body.url) return follow(body.url, "")
    onWait()
    await pause(Number(headers.get("retry-after") ?? 5) * 1000, signal)
  }
}

function saveBlob(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob)
  follow(url, name)
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

function follow(url: string, name: string): void {
  const link = document.createElement("a")
  link.href = url
  link.download = name
  link.click()
}

const pause = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener("abort", () => {
      clearTimeout(timer)
      reject(signal.reason as Error)
    })
  })
