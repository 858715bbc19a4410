// What a start needs besides the console itself: its texts and font, the first screen and the rows. This script is
// small and runs before the others have arrived, so that none of these waits for another.
import arabic from "@fontsource-variable/vazirmatn/files/vazirmatn-arabic-wght-normal.woff2?url"
import latin from "@fontsource-variable/vazirmatn/files/vazirmatn-latin-wght-normal.woff2?url"
import { startRequest } from "./api/early"
import { preferredLanguage } from "./i18n/preferred"
import { firstPage, queueAt } from "./screens/inbox/queues"
import { pageQuery } from "./screens/tickets/filters"

const language = preferredLanguage()
const path = location.pathname.replace(/^\/app\/?/, "/")
const role = (JSON.parse(localStorage.getItem("user") ?? "null") as { role: string } | null)?.role
/** The area of the first screen; "/" leads to the home of the role, if that is known. */
const area = path === "/" ? role && (role === "user" ? "tickets" : "inbox") : path.split("/")[1]

const loads: Promise<unknown>[] = [{ en: () => import("./i18n/en"), fa: () => import("./i18n/fa") }[language]()]
if (area === "tickets" && (role ?? "user") === "user") {
  startRequest("/tickets", pageQuery("active"), language)
} else if (area === "inbox" && role !== "user") {
  loads.push(import("./screens/inbox"), { en: () => import("./i18n/inbox.en"), fa: () => import("./i18n/inbox.fa") }[language]())
  const queue = queueAt(location)
  if (queue) startRequest("/tickets", firstPage(queue), language)
}
// With its font, the first frame is laid out once. The rest is more urgent.
document.head.append(Object.assign(document.createElement("link"), { rel: "preload", as: "font", type: "font/woff2", crossOrigin: "", fetchPriority: "low", href: { en: latin, fa: arabic }[language] }))
for (const load of loads) load.catch(() => {}) // it is loaded again where it is used
