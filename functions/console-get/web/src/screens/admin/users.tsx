import { useQueryClient } from "@tanstack/preact-query"
import { useState } from "preact/hooks"
import { UserPlus } from "lucide-preact"
import { call } from "../../api/client"
import { maxSearch } from "../../api/limits"
import type { Role } from "../../api/types"
import { adminText } from "../../i18n/admin"
import { named, t } from "../../i18n"
import { digits } from "../../i18n/format"
import { Avatar } from "../../ui/avatar"
import { Button, Segments, TextField } from "../../ui/controls"
import { RelativeTime } from "../../ui/time"
import { useDelayed } from "../../ui/use-delayed"
import { Head } from "./head"
import { Pages, usePages } from "./pages"
import { type AdminUser, NewUser, UserDialog } from "./user-dialog"

const roles = ["all", "user", "support", "admin"] as const

export function UsersScreen() {
  const [role, setRole] = useState<(typeof roles)[number]>("all")
  const [words, setWords] = useState("")
  const q = useDelayed(words.trim())
  const [open, setOpen] = useState<AdminUser | "new" | null>(null)
  const client = useQueryClient()
  const result = usePages<AdminUser>(["users", role, q], (cursor) => call("get", "/users", { query: { limit: 50, ...(role === "all" ? {} : { role: role as Role }), ...(q ? { q } : {}), ...cursor } }))
  const close = () => {
    setOpen(null)
    void client.invalidateQueries({ queryKey: ["users"] })
  }
  const text = adminText()
  return (
    <>
      <Head title={text.areas.users}><Button kind="primary" icon={<UserPlus size={18} />} onClick={() => setOpen("new")}>{text.newUser}</Button></Head>
      <div class="admin-filters">
        <Segments label={text.role} value={role} options={roles.map((value) => ({ value, label: value === "all" ? t().tickets.all : t().role[value] }))} onValue={setRole} />
        <TextField label={t().tickets.search} placeholder={text.userSearchHint} value={words} onText={setWords} maxLength={maxSearch} />
      </div>
      <Pages result={result} empty={t().tickets.noneFound}>
        {(users) => (
          <ul class="admin-rows">
            {users.map((user) => (
              <li key={user.id}>
                <button type="button" class="admin-row" onClick={() => setOpen(user)}>
                  <Avatar name={user.name || user.phone} pictureUrl={user.pictureUrl} />
                  <span class="admin-row-main">
                    <bdi>{user.name || text.noName}</bdi>
                    <span class="meta admin-facts"><bdi class="ltr">{digits(user.phone)}</bdi>{user.email && <bdi class="ltr">{user.email}</bdi>}</span>
                  </span>
                  {user.disabled && <span class="chip" data-tone="danger">{text.disabled}</span>}
                  {user.role !== "user" && <span class="chip" data-tone="info">{named(t().role, user.role)}</span>}
                  <span class="meta">{user.lastSeenAt ? <RelativeTime at={user.lastSeenAt} /> : text.neverSeen}</span>
                </button>
              </li>
            ))}
          </ul>
        )}
      </Pages>
      {open === "new" && <NewUser onClose={close} />}
      {open && open !== "new" && <UserDialog user={open} onClose={close} />}
    </>
  )
}
