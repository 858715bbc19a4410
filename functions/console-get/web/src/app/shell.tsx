import { useComputed } from "@preact/signals"
import { useQuery } from "@tanstack/preact-query"
import { Bell, ChartNoAxesColumn, CloudOff, Download, Inbox, LogOut, MessagesSquare, UserRound } from "lucide-preact"
import type { ComponentChildren } from "preact"
import { useEffect } from "preact/hooks"
import { Link, useLocation } from "wouter-preact"
import { call } from "../api/client"
import { t } from "../i18n"
import { badge } from "../i18n/format"
import { heldTickets, ticketsChanged } from "../log/tickets"
import { outbox } from "../outbox/outbox"
import { offline, watching } from "../socket/sync"
import { unreadNotifications } from "../socket/realtime"
import { Avatar } from "../ui/avatar"
import { Menu } from "../ui/menu"
import { Title } from "./attention"
import { install, installOffer } from "./install"
import { session, staff } from "./session"
import { useSignOut } from "./sign-out"
import { activateUpdate, updateReady } from "./worker"

/** The frame of every screen: navigation, the state of the network, the content. */
export function Shell({ children }: { children: ComponentChildren }) {
  const user = session.value!.user
  useUnreadCount()
  const unreadTickets = useComputed(() => {
    void ticketsChanged.value
    return staff.value ? 0 : heldTickets().filter((ticket) => ticket.unread > 0).length
  })
  return (
    <div class="shell">
      <Title unread={unreadTickets.value + unreadNotifications.value} />
      <a class="skip no-print" href="#content">{t().skip}</a>
      <nav class="rail no-print" aria-label={t().nav.label}>
        {staff.value ? (
          <NavLink href="/inbox/mine" match="/inbox" icon={<Inbox size={22} />} label={t().nav.inbox} />
        ) : (
          <NavLink href="/tickets" match="/tickets" icon={<MessagesSquare size={22} />} label={t().nav.tickets} count={unreadTickets.value} />
        )}
        <NavLink href="/notifications" match="/notifications" icon={<Bell size={22} />} label={t().nav.notifications} count={unreadNotifications.value} />
        {user.role === "admin" && <NavLink href="/admin" match="/admin" icon={<ChartNoAxesColumn size={22} />} label={t().nav.admin} />}
        <span class="rail-space" />
        <UserMenu />
      </nav>
      <div class="stage">
        <div>
          <NetworkBar />
          {updateReady.value && (
            <div class="network-bar no-print" data-tone="info" role="status">
              {t().state.newVersion}
              <button type="button" class="link" onClick={activateUpdate}>{t().actions.reload}</button>
            </div>
          )}
        </div>
        <main id="content" tabIndex={-1}>{children}</main>
      </div>
    </div>
  )
}

/** Each answer of the server sets the number, and frames between them. The first one follows the WebSocket, so that it need not be asked for again. The list of unread ones, of which one is enough, corrects a wrong number. */
function useUnreadCount() {
  const { data, dataUpdatedAt } = useQuery({ enabled: watching.value, queryKey: ["notifications", "unread"], queryFn: () => call("get", "/notifications", { query: { unread: true, limit: 1 } }) })
  useEffect(() => {
    if (data) unreadNotifications.value = data.unread
  }, [data, dataUpdatedAt])
}

function NavLink({ href, match, icon, label, count = 0 }: { href: string; match: string; icon: ComponentChildren; label: string; count?: number }) {
  const [path] = useLocation()
  const current = path === match || path.startsWith(`${match}/`)
  return (
    <Link href={href} class="rail-item" aria-current={current ? "page" : undefined}>
      <span class="rail-icon">
        {icon}
        {count > 0 && <span class="badge" aria-hidden="true">{badge(count)}</span>}
      </span>
      <span class="rail-label">{label}</span>
      {count > 0 && <span class="hidden">{t().nav.unread(count)}</span>}
    </Link>
  )
}

function UserMenu() {
  const user = session.value!.user
  const [, navigate] = useLocation()
  const leaving = useSignOut()
  return (
    <>
      <Menu
        label={user.name || user.phone}
        button={(props) => (
          <button type="button" class="rail-item" {...props}>
            <Avatar name={user.name || user.phone} pictureUrl={user.pictureUrl} />
            <span class="rail-label" dir="auto">{user.name || user.phone}</span>
          </button>
        )}
        items={[
          { label: t().nav.profile, icon: <UserRound size={18} />, onSelect: () => navigate("/profile") },
          ...(installOffer.value ? [{ label: t().nav.install, icon: <Download size={18} />, onSelect: install }] : []),
          "line",
          { label: t().nav.signOut, icon: <LogOut size={18} class="mirror" />, onSelect: leaving.start },
        ]}
      />
      {leaving.question}
    </>
  )
}

/** Quiet, because nothing is lost while it shows. */
function NetworkBar() {
  const waiting = outbox.value.filter((item) => item.state === "waiting").length
  if (!offline.value) return <div role="status" class="hidden" />
  return (
    <div class="network-bar no-print" role="status">
      <CloudOff size={16} aria-hidden="true" />
      {waiting ? t().state.offlineWaiting(waiting) : t().state.offline}
    </div>
  )
}
