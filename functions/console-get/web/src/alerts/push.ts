import { call } from "../api/client"
import { session } from "../app/session"
import { choosePush, pushChosen } from "./settings"

/** Whether system notifications can appear on this device. */
export type State = "missing" | "denied" | "off" | "on"

export function state(): State {
  if (!("Notification" in globalThis) || !("serviceWorker" in navigator)) return "missing"
  if (Notification.permission === "denied") return "denied"
  return Notification.permission === "granted" && pushChosen() === session.peek()?.user.id ? "on" : "off"
}

/** Asks the browser for permission and subscribes. Returns whether the push service took part. */
export async function turnOn(): Promise<boolean> {
  if ((await Notification.requestPermission()) !== "granted") return false
  choosePush(session.peek()!.user.id)
  return subscribe()
}

/** Subscribes this browser for the session. Returns false if the browser reaches no push service. */
export async function subscribe(): Promise<boolean> {
  if (pushChosen() !== session.peek()?.user.id) return false
  const registration = await navigator.serviceWorker.ready
  const { publicKey } = await call("get", "/push/key")
  const subscription = await subscribed(registration, publicKey).catch(() => null)
  if (!subscription) return false
  await call("post", "/push/subscriptions", { body: subscription.toJSON() as never })
  return true
}

/** A subscription has the key of the server for ever; with another key it is replaced. */
async function subscribed(registration: ServiceWorkerRegistration, publicKey: string): Promise<PushSubscription> {
  const options = { userVisibleOnly: true, applicationServerKey: publicKey }
  try {
    return await registration.pushManager.subscribe(options)
  } catch (error) {
    if (!(error instanceof DOMException && error.name === "InvalidStateError")) throw error
    await (await registration.pushManager.getSubscription())?.unsubscribe()
    return registration.pushManager.subscribe(options)
  }
}

/** Ends the notifications on this device, also in the browser. */
export async function turnOff(): Promise<void> {
  choosePush(null)
  const registration = await navigator.serviceWorker?.getRegistration()
  const subscription = await registration?.pushManager.getSubscription()
  if (!subscription) return
  await subscription.unsubscribe()
  await call("delete", "/push/subscriptions", { body: subscription.toJSON() as never })
}
