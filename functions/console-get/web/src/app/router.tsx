import { Component, type ComponentChildren, type ComponentType, h } from "preact"
import { Suspense } from "preact/compat"
import { Redirect, Route, Router, Switch, useLocation } from "wouter-preact"
import { NetworkError, OutdatedError } from "../api/problem"
import { t } from "../i18n"
import { inboxText } from "../i18n/inbox"
import { adminText } from "../i18n/admin"
import { profileText } from "../i18n/profile"
import { Button } from "../ui/controls"
import { Toasts } from "../ui/toast"
import { Empty, Failure, SkeletonRows } from "../ui/states"
import { EndedSession } from "../screens/account/ended"
import Tickets, { prepare as prepareTickets } from "../screens/tickets"
import { NotFound } from "./not-found"
import { session } from "./session"
import { Shell } from "./shell"
import { activateUpdate, screenMissing } from "./worker"

/** Milliseconds. A screen that comes later is drawn when it comes. */
const longestWait = 500

// What customers start with is part of the console; they never load the inbox or the administration.
const SignIn = screen(() => import("../screens/account/sign-in"))
const SignUp = screen(() => import("../screens/account/sign-up"))
const Reset = screen(() => import("../screens/account/reset"))
const Notifications = screen(() => import("../screens/notifications"))
const Profile = screen(() => import("../screens/profile"), profileText)
const Inbox = screen(() => import("../screens/inbox"), inboxText)
const Admin = screen(() => import("../screens/admin"), adminText)

interface ScreenModule {
  default: ComponentType
  /** Fetches what the screen shows first. */
  prepare?: () => Promise<void>
}

/** Loads a screen together with its texts, when it is first shown. One that is there is drawn at once. */
function screen(load: () => Promise<ScreenModule>, texts?: { load: () => Promise<void> }) {
  let loading: Promise<void> | undefined
  let loaded: ScreenModule | undefined
  let failure: unknown
  const start = () =>
    (loading ??= Promise.all([load(), texts?.load()])
      .then(([module]) => module, screenMissing)
      .then((module) => void (loaded = module), (error: unknown) => void (failure = error)))
  const Screen = () => {
    if (failure) throw failure
    if (!loaded) throw start() // Suspense draws it then
    return h(loaded.default, null)
  }
  return Object.assign(Screen, { prepare: () => start().then(() => loaded?.prepare?.()) })
}

/** Waits for the first screen and its rows, so that they are drawn at once; not for long. */
export async function prepareScreen(): Promise<void> {
  const user = session.peek()?.user
  const area = user && (location.pathname.split("/")[2] || home[user.role].split("/")[1])
  const rows = user?.role === "user" ? area === "tickets" && prepareTickets() : area === "inbox" && Inbox.prepare()
  await Promise.race([rows, new Promise((resolve) => setTimeout(resolve, longestWait))])
}

/** Shows what has gone wrong in place of a screen that did not load or did not draw. */
class Boundary extends Component<{ children: ComponentChildren }, { error: unknown }> {
  override state = { error: null }
  static getDerivedStateFromError = (error: unknown) => ({ error })
  override componentDidCatch(error: unknown) {
    if (!(error instanceof NetworkError || error instanceof OutdatedError)) reportError(error)
  }
  render() {
    const { error } = this.state
    if ((error as unknown) instanceof OutdatedError) return <Empty title={t().state.newVersion}><Button onClick={activateUpdate}>{t().actions.reload}</Button></Empty>
    return error ? <Failure error={error} onRetry={() => location.reload()} /> : this.props.children
  }
}

/** The area of an address: another one is another try. */
const useArea = () => useLocation()[0].split("/")[1]

/** The first screen of each role. */
const home = { user: "/tickets", support: "/inbox/mine", admin: "/inbox/mine" } as const

export function App() {
  return (
    <Router base="/app">
      {session.value ? <SignedIn /> : session.value === null && <SignedOut />}
      <Toasts />
    </Router>
  )
}

function SignedOut() {
  const here = location.pathname.replace(/^\/app/, "")
  const next = here && !["/", "/login"].includes(here) ? `?next=${encodeURIComponent(here + location.search)}` : ""
  return (
    <Boundary key={useArea()}>
      <Suspense fallback={null}>
        <Switch>
          <Route path="/login" component={SignIn} />
          <Route path="/signup" component={SignUp} />
          <Route path="/reset" component={Reset} />
          <Route><Redirect to={`/login${next}`} replace /></Route>
        </Switch>
      </Suspense>
    </Boundary>
  )
}

/** Returns the address that somebody wanted before signing in: a path of the console only. */
function wanted(): string | null {
  const next = new URLSearchParams(location.search).get("next")
  return next && /^\/(?![/\\])/.test(next) ? next : null
}

function SignedIn() {
  const { user, ended } = session.value!
  const isStaff = user.role !== "user"
  return (
    <Shell>
      <Boundary key={useArea()}>
        <Suspense fallback={<SkeletonRows />}>
          <Switch>
            <Route path="/notifications" component={Notifications} />
            <Route path="/profile" component={Profile} />
            {!isStaff && <Route path="/tickets/:id?" component={Tickets} />}
            {isStaff && <Route path="/tickets/:id">{({ id }) => <Redirect to={`/inbox/all/${id}`} replace />}</Route>}
            {isStaff && <Route path="/inbox/*?" component={Inbox} />}
            {user.role === "admin" && <Route path="/admin/*?" component={Admin} />}
            {["/", "/login", "/signup", "/reset"].map((path) => (
              <Route key={path} path={path}><Redirect to={wanted() ?? home[user.role]} replace /></Route>
            ))}
            <Route component={NotFound} />
          </Switch>
        </Suspense>
      </Boundary>
      {ended && <EndedSession user={user} />}
    </Shell>
  )
}
