import { Component, type ComponentChildren } from "preact"
import { lazy, Suspense } from "preact/compat"
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
import { NotFound } from "./not-found"
import { session } from "./session"
import { Shell } from "./shell"
import { activateUpdate, screenMissing } from "./worker"

// One chunk for each kind of user: a customer never loads the inbox or the administration.
const SignIn = screen(() => import("../screens/account/sign-in"))
const SignUp = screen(() => import("../screens/account/sign-up"))
const Reset = screen(() => import("../screens/account/reset"))
const loadTickets = () => import("../screens/tickets")
const loadInbox = () => import("../screens/inbox")
const Tickets = screen(loadTickets)
const Notifications = screen(() => import("../screens/notifications"))
const Profile = screen(() => import("../screens/profile"), profileText)
const Inbox = screen(loadInbox, inboxText)
const Admin = screen(() => import("../screens/admin"), adminText)

/** Loads a screen together with its texts, when it is first shown. */
function screen<T>(load: () => Promise<{ default: T }>, texts?: { load: () => Promise<void> }) {
  return lazy(() => Promise.all([load(), texts?.load()]).then(([module]) => module, screenMissing))
}

/** Starts to load the screen of an address, while it is not known yet who is signed in. */
export function preloadScreen(path: string): void {
  const load = path.startsWith("/app/tickets") ? loadTickets : path.startsWith("/app/inbox") ? loadInbox : null
  void load?.().catch(() => {}) // it is loaded again when it is shown
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
