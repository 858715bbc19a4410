import { useEffect, useRef } from "preact/hooks"
import { Activity, ChartNoAxesColumn, HeartPulse, ListChecks, Megaphone, Shapes, Users } from "lucide-preact"
import { Link, Route, Switch, useLocation } from "wouter-preact"
import { NotFound } from "../../app/not-found"
import { adminText } from "../../i18n/admin"
import { ActivityScreen } from "./activity"
import { AuditScreen } from "./audit"
import { BroadcastsScreen } from "./broadcasts"
import { CategoriesScreen } from "./categories"
import { Dashboard } from "./dashboard"
import { HealthScreen } from "./health"
import { UsersScreen } from "./users"
import "./admin.css"

const areas = [
  { path: "/admin", name: "dashboard", icon: ChartNoAxesColumn },
  { path: "/admin/users", name: "users", icon: Users },
  { path: "/admin/categories", name: "categories", icon: Shapes },
  { path: "/admin/broadcasts", name: "broadcasts", icon: Megaphone },
  { path: "/admin/activity", name: "activity", icon: Activity },
  { path: "/admin/audit", name: "audit", icon: ListChecks },
  { path: "/admin/health", name: "health", icon: HeartPulse },
] as const

export default function Admin() {
  const [here] = useLocation()
  const nav = useRef<HTMLElement>(null)
  useEffect(() => nav.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" }), [here])
  return (
    <div class="admin">
      <nav ref={nav} class="admin-nav no-print" aria-label={adminText().title}>
        {areas.map(({ path, name, icon: Icon }) => (
          <Link key={path} href={path} class="queue-link" aria-current={here === path ? "page" : undefined}>
            <Icon size={18} aria-hidden="true" />
            <span>{adminText().areas[name]}</span>
          </Link>
        ))}
      </nav>
      {/* Without a control in it, it scrolls by keys too. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div class="admin-screen" tabIndex={0}>
        <Switch>
          <Route path="/admin" component={Dashboard} />
          <Route path="/admin/users" component={UsersScreen} />
          <Route path="/admin/categories" component={CategoriesScreen} />
          <Route path="/admin/broadcasts" component={BroadcastsScreen} />
          <Route path="/admin/activity" component={ActivityScreen} />
          <Route path="/admin/audit" component={AuditScreen} />
          <Route path="/admin/health" component={HealthScreen} />
          <Route component={NotFound} />
        </Switch>
      </div>
    </div>
  )
}
