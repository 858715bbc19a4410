import { signal } from "@preact/signals"
import { useEffect } from "preact/hooks"
import { useLocation } from "wouter-preact"
import { t } from "../i18n"
import { number } from "../i18n/format"
import { ticketSignal } from "../log/tickets"

const plainIcon = "/app/icon.svg"
const markedIcon = "/app/icon-unread.svg"

/** What a screen calls itself in the title, if that is more than its area. */
const ownName = signal("")

/** Names the screen in the title, as long as it is shown. */
export function useScreenName(name: string): void {
  useEffect(() => {
    ownName.value = name
    return () => void (ownName.value = "")
  }, [name])
}

/** The subject of the open ticket, or the area. */
function useName(): string {
  const [, area, second = "", third = ""] = useLocation()[0].split("/")
  const ticket = ticketSignal(area === "inbox" ? third : second).value
  const { tickets, notifications, profile, inbox, admin } = t().nav
  const areas = new Map(Object.entries({ tickets, notifications, profile, inbox, admin }))
  return ownName.value || ticket?.title || areas.get(area ?? "") || ""
}

/** Shows the screen and what is unread in the title, the icon of the tab and the badge of the installed app. */
export function Title({ unread = 0 }: { unread?: number }) {
  const name = useName()
  const { product } = t()
  useEffect(() => {
    document.title = `${unread ? `(${number(unread)}) ` : ""}${name ? `${name} – ` : ""}${product}`
    document.getElementById("favicon")?.setAttribute("href", unread ? markedIcon : plainIcon)
    // Not every browser has it, and a page that is not installed may not use it.
    void (navigator as { setAppBadge?: (n: number) => Promise<void> }).setAppBadge?.(unread).catch(() => {})
  }, [unread, name, product])
  return null
}
