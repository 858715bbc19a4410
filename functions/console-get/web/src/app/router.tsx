import { lazy, Suspense } from "preact/compat"
import { Redirect, Route, Router, Switch } from "wouter-preact"
import { inboxText } from "../i18n/inbox"
import { adminText } from "../i18n/admin"
import { profileText } from "../i18n/profile"
import { Toasts } from "../ui/toast"
import { SkeletonRows } from "../ui/states"
import { EndedSession } from "../screens/account/ended"
import { NotFound } from "./not-found"
import { session } from "./session"
import { Shell } from "./shell"

// One chunk for each kind of user: a customer never loads the inbox or the administration.
const SignIn = lazy(() => import("../screens/account/sign-in"))
const SignUp = lazy(() => import("../screens/account/sign-up"))
const Reset = lazy(() => import("../screens/account/reset"))
const Tickets = lazy(() => import("../screens/tickets"))
const Notifications = lazy(() => import("../screens/notifications"))
const Profile = lazy(() => withTexts(profileText, import("../screens/profile")))
const Inbox = lazy(() => withTexts(inboxText, import("../screens/inbox")))
const Admin = lazy(() => withTexts(adminText, import("../screens/admin")))

/** Loads the texts of a screen together with the screen. */
async function withTexts<T>(texts: { load: () => Promise<void> }, screen: Promise<T>): Promise<T> {
  await texts.load()
  return screen
}

/** The first screen of each role. */
const home = { user: "/tickets", support: "/inbox/mine", admin: "/inbox/mine" } as const

export function App() {
  return (
    <Router base="/app">
      {session.value ? <SignedIn /> : <SignedOut />}
      <Toasts />
    </Router>
  )
}

function SignedOut() {
  const here = location.pathname.replace(/^\/app/, "")
  const next = here && !["/", "/login"].includes(here) ? `?next=${encodeURIComponent(here + location.search)}` : ""
  return (
    <Suspense fallback={null}>
      <Switch>
        <Route path="/login" component={SignIn} />
        <Route path="/signup" component={SignUp} />
        <Route path="/reset" component={Reset} />
        <Route><Redirect to={`/login${next}`} replace /></Route>
      </Switch>
    </Suspense>
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
      {ended && <EndedSession user={user} />}
    </Shell>
  )
}
