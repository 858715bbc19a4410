import { useEffect } from "preact/hooks"
import { t } from "../i18n"
import { number } from "../i18n/format"

const plainIcon = "/app/icon.svg"
const markedIcon = "/app/icon-unread.svg"

/** Shows what is unread in the title, the icon of the tab and the badge of the installed app. */
export function useTitle(unread: number): void {
  const product = t().product
  useEffect(() => {
    document.title = unread ? `(${number(unread)}) ${product}` : product
    document.getElementById("favicon")?.setAttribute("href", unread ? markedIcon : plainIcon)
    // Not every browser has it, and a page that is not installed may not use it.
    void (navigator as { setAppBadge?: (n: number) => Promise<void> }).setAppBadge?.(unread).catch(() => {})
  }, [unread, product])
}
