import { computed, signal } from "@preact/signals"
import { pushChosen } from "../alerts/settings"
import { call, setCsrfToken, setSessionEndHandler, setTokenRequest } from "../api/client"
import { forgetResponses } from "../api/early"
import { ApiError } from "../api/problem"
import { isStaff, type User } from "../api/types"
import { removeDrafts } from "../drafts/drafts"
import { language, type Language, setLanguage } from "../i18n"
import { deleteDatabase, emptyOtherView, openDatabase } from "../log/db"
import { forgetLogs } from "../log/store"
import { forgetTickets, loadTickets } from "../log/tickets"

export interface SignedIn {
  user: User
  /** Another session is needed: requests are answered with 401. The screens stay, so that nothing written is lost. */
  ended: boolean
}

/** Who is signed in; null for nobody, undefined until it is known. */
export const session = signal<SignedIn | null | undefined>(undefined)
export const staff = computed(() => (session.value ? isStaff(session.value.user.role) : false))

const userKey = "user"
const channel = new BroadcastChannel("session")
channel.onmessage = ({ data }: MessageEvent<"signedOut" | "signedIn">) => {
  if (data === "signedOut") {
    removeDrafts() // else the last keys are rescued when the page is left
    location.assign("/app/login")
  } else if (session.peek()?.ended || session.peek()?.user.id !== storedUser()?.id) location.reload()
}

/** Asks for another sign-in over the screens, which stay. */
export function endSession(): void {
  const current = session.peek()
  if (current && !current.ended) session.value = { ...current, ended: true }
}

setSessionEndHandler(endSession)

/** The last user of this device, whose tickets, logs and drafts may be in memory. */
const storedUser = (): User | null => JSON.parse(localStorage.getItem(userKey) ?? "null") as User | null

const seesTheSame = (a: User, b: User): boolean => a.id === b.id && isStaff(a.role) === isStaff(b.role)

/** Whether the language was chosen on this page, before somebody signed in. */
let languageChosen = false

/** Shows a language that somebody chooses before signing in, and keeps it in the profile then. */
export function chooseLanguage(to: Language): void {
  languageChosen = true
  void setLanguage(to)
}

/** Shows the language of the profile. */
async function adoptLanguage(user: User): Promise<void> {
  const to = user.locale === "fa" ? "fa" : "en"
  if (to !== language.peek()) await setLanguage(to).catch(() => {}) // without its texts, the interface stays as it is
}

/** Finds out who is signed in. The last user sees at once what this device holds: the network may answer late or never. */
export async function restoreSession(): Promise<void> {
  const profile = call("get", "/profile")
  setTokenRequest(profile)
  const last = storedUser()
  if (last) {
    await enter(last)
    void takeProfile(profile, JSON.stringify(last))
  } else await profile.then((user) => adoptLanguage(user).then(() => enter(user))).catch(() => void (session.value = null))
}

/** Takes the server's answer to a start that shows the stored user, unless somebody has signed out or in since. */
async function takeProfile(profile: Promise<User>, last: string): Promise<void> {
  try {
    renewUser(await profile, last)
  } catch (error) {
    if (error instanceof ApiError && error.status === 401 && localStorage.getItem(userKey) === last) session.value = null
  }
}

/** Takes a newer state of the user, unless there is another one than the last since. */
function renewUser(user: User, last: string | null): void {
  if (last === null || localStorage.getItem(userKey) !== last) return
  localStorage.setItem(userKey, JSON.stringify(user))
  if (!seesTheSame(user, JSON.parse(last) as User)) location.reload() // nothing of the former person may remain on the screen
  else if (JSON.stringify(user) !== last) session.value = { user, ended: false }
  void adoptLanguage(user)
}

/** Asks the server for the user, whom another device may have changed. */
export async function refreshUser(): Promise<void> {
  const last = localStorage.getItem(userKey)
  await call("get", "/profile").then((user) => renewUser(user, last), () => {}) // what is held stays
}

// Another tab has taken a changed profile. The language of this tab stays until its next start.
window.addEventListener("storage", ({ key, newValue }) => {
  const current = session.peek()
  if (key !== userKey || !newValue || !current) return
  const user = JSON.parse(newValue) as User
  if (!seesTheSame(user, current.user)) return
  session.value = { ...current, user }
})

/** Takes the response of a login or sign-up. */
export async function signedIn(response: { user: User; csrfToken?: string }): Promise<void> {
  forgetResponses() // they are of no user, or of the one before
  if (response.csrfToken) setCsrfToken(response.csrfToken)
  const user = await withChosenLanguage(response.user)
  await adoptLanguage(user)
  const former = session.peek()?.user ?? storedUser()
  if (former && !seesTheSame(user, former)) {
    localStorage.setItem(userKey, JSON.stringify(user))
    channel.postMessage("signedIn")
    // Nothing of the former person may remain in memory, nor the address of their screen.
    if (session.peek()) location.assign("/app/")
    else location.reload()
    return
  }
  await enter(user)
  channel.postMessage("signedIn")
}

/** Stores the language that was chosen before the sign-in in the profile. */
async function withChosenLanguage(user: User): Promise<User> {
  const chosen = languageChosen
  const locale = language.peek()
  languageChosen = false
  if (!chosen || user.locale === locale) return user
  return call("patch", "/profile", { body: { locale } }).catch(() => user)
}

async function enter(user: User): Promise<void> {
  const isKnown = localStorage.getItem(userKey) !== null
  const stored = openDatabase(user.id).then(() => emptyOtherView(isStaff(user.role))).then(loadTickets).catch(() => {}) // the server has what this device cannot read
  localStorage.setItem(userKey, JSON.stringify(user))
  if (isKnown) await stored // a new database has nothing to show
  session.value = { user, ended: false }
}

/** Takes a changed profile. */
export function updateUser(user: User): void {
  const current = session.peek()
  if (!current) return
  localStorage.setItem(userKey, JSON.stringify(user))
  session.value = { ...current, user }
  void adoptLanguage(user)
}

/** Ends the session, then forgets the user. */
export async function signOut(): Promise<void> {
  if (pushChosen()) await import("../alerts/push").then(({ turnOff }) => turnOff()).catch(() => {}) // it ends with the session anyway
  await call("post", "/logout").catch((error: unknown) => {
    if (!(error instanceof ApiError && error.status === 401)) throw error
  })
  await forgetUser()
}

/** Deletes what this device holds of the user and shows the sign-in, in all tabs. A new page has nothing of the user in memory. */
export async function forgetUser(): Promise<void> {
  const user = session.peek()?.user
  session.value = undefined // no screen, until the page is new
  localStorage.removeItem(userKey)
  removeDrafts()
  forgetLogs()
  forgetTickets()
  channel.postMessage("signedOut") // before the deletion, which waits until no tab has the database open
  if (user) await deleteDatabase(user.id)
  location.assign("/app/login")
}
