import { signal } from "@preact/signals"

/** What Chromium offers when a page can be installed as an app. */
interface InstallOffer extends Event {
  prompt: () => Promise<unknown>
}

/** The offer of the browser to install the console, until it is used. */
export const installOffer = signal<InstallOffer | null>(null)

addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault() // the menu offers it, not a bar over the screen
  installOffer.value = event as InstallOffer
})
addEventListener("appinstalled", () => (installOffer.value = null))

/** Asks whether to install; an offer can be used once. */
export function install(): void {
  const offer = installOffer.peek()
  installOffer.value = null
  void offer?.prompt()
}
