import { useState } from "preact/hooks"
import { call } from "../../api/client"
import type { components } from "../../api/schema"
import { adminText } from "../../i18n/admin"
import { named, t } from "../../i18n"
import { exact, number } from "../../i18n/format"
import { SelectField } from "../../ui/controls"
import { Head } from "./head"
import { Pages, usePages } from "./pages"

type AuditRecord = components["schemas"]["AuditRecord"]
type Action = components["schemas"]["AuditAction"]
const actions: Action[] = ["user.created", "user.changed", "user.removed", "category.created", "category.changed", "category.removed", "ticket.removed", "suppression.removed", "delivery.retried", "broadcast.started", "broadcast.cancelled"]

/** Who changed what: before and after of each field. */
export function AuditScreen() {
  const [action, setAction] = useState<Action | "">("")
  const result = usePages<AuditRecord>(["audit", action], (cursor) => call("get", "/admin/audit", { query: { limit: 50, ...(action ? { action } : {}), ...cursor } }))
  const text = adminText()
  return (
    <>
      <Head title={text.areas.audit} />
      <div class="admin-filters"><SelectField label={text.action} value={action} options={[{ value: "", label: t().tickets.all }, ...actions.map((value) => ({ value, label: named(text.actions, value) }))]} onValue={setAction} /></div>
      <Pages result={result} empty={text.nothing}>
        {(records) => (
          <ul class="admin-rows">
            {records.map((record) => (
              <li key={record.id} class="admin-row">
                <span class="admin-row-main">
                  <span><bdi>{record.actor.name || t().ticket.unknownAuthor}</bdi> · {named(text.actions, record.action)}</span>
                  <Changes before={record.before} after={record.after} />
                  <span class="meta admin-facts"><time dateTime={record.at}>{exact(new Date(record.at))}</time><bdi class="ltr">{record.address}</bdi><bdi class="ltr">{record.target}</bdi></span>
                </span>
              </li>
            ))}
          </ul>
        )}
      </Pages>
    </>
  )
}

/** A value in words: the texts of each language, yes or no, a role or status by its name. */
function shown(field: string, value: unknown): string {
  if (value === undefined || value === null || value === "") return "–"
  if (typeof value === "boolean") return adminText().yesNo(value)
  if (typeof value === "number") return number(value)
  if (typeof value === "object") return Object.entries(value).map(([language, text]) => `${named(t().language, language)}: ${String(text)}`).join(" · ")
  const names: Record<string, Record<string, string>> = { role: t().role, status: t().status, password: { changed: adminText().changed } }
  return named(names[field] ?? {}, String(value))
}

function Changes({ before, after }: { before: Record<string, unknown> | null; after: Record<string, unknown> | null }) {
  const fields = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])]
  if (fields.length === 0) return null
  return (
    <dl class="changes">
      {fields.map((field) => (
        <div key={field}>
          <dt class="meta"><bdi>{named(adminText().fields, field)}</bdi></dt>
          <dd>
            {before && field in before && <del dir="auto">{shown(field, before[field])}</del>} {after && field in after && <ins dir="auto">{shown(field, after[field])}</ins>}
          </dd>
        </div>
      ))}
    </dl>
  )
}
