import type { Notification } from "../api/types"
import { session, staff } from "../app/session"
import { direction, language } from "../i18n"
import { viewedTicket } from "../socket/realtime"
import { pushChosen, sound } from "./settings"
import { ring } from "./ring"

/** How long no other tab may repeat an alert, in milliseconds. */
const claimLasts = 5_000
/** Hidden tabs leave an alert to a visible one. */
const hiddenDelay = 300

const isViewed = (ticketId: string | null | undefined) => document.visibilityState === "visible" && viewedTicket.peek() === ticketId

/** A sound, and a system notification if no tab is on the screen; once for all tabs. */
export async function alert(notification: Notification): Promise<void> {
  const { id, ticketId } = notification
  await once(id, async () => {
    if (isViewed(ticketId)) return
    if (sound() !== "off") ring()
    if (document.visibilityState === "hidden") await show(notification)
  })
}

/** The new tickets whose frame has come: it may come again. */
const announced = new Set<string>()

/** A sound for a new ticket, for staff who want one. */
export async function alertOfTicket(ticketId: string): Promise<void> {
  if (sound() !== "all" || !staff.peek() || announced.has(ticketId)) return
  announced.add(ticketId)
  await once(ticketId, async () => ring())
}

/** Runs an alert in one tab: the lock is free again when no other tab can still hold the same frame. */
async function once(id: string, run: () => Promise<void>): Promise<void> {
  if (document.visibilityState === "hidden") await pause(hiddenDelay)
  await navigator.locks.request(`alert-${id}`, { ifAvailable: true }, async (lock) => {
    if (!lock) return
    await run()
    await pause(claimLasts)
  })
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** The same tag as that of a push message: the device shows one of them. */
async function show({ id, ticketId, title, body }: Notification): Promise<void> {
  if (!pushChosen() || !("Notification" in globalThis) || Notification.permission !== "granted") return
  const registration = await navigator.serviceWorker?.getRegistration()
  const text = session.peek()?.user.notifications.pushText ? { body } : {}
  await registration?.showNotification(title, { ...text, tag: ticketId ?? id, lang: language.peek(), dir: direction.peek(), icon: "/app/icon.svg", data: { id, ticketId } })
}
