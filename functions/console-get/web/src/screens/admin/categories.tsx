import { useQuery, useQueryClient } from "@tanstack/preact-query"
import { useState } from "preact/hooks"
import { Plus } from "lucide-preact"
import { call } from "../../api/client"
import type { Category } from "../../api/types"
import { adminText } from "../../i18n/admin"
import { languages, t } from "../../i18n"
import { Button, TextField } from "../../ui/controls"
import { Dialog } from "../../ui/dialog"
import { Failure, FormProblem, SkeletonRows } from "../../ui/states"
import { toast } from "../../ui/toast"
import { useForm } from "../account/use-form"
import { Head } from "./head"

export function CategoriesScreen() {
  const client = useQueryClient()
  const [open, setOpen] = useState<Category | "new" | null>(null)
  const { data, error, refetch } = useQuery({ queryKey: ["categories", "admin"], queryFn: () => call("get", "/categories", { query: { limit: 100 } }) })
  const close = () => {
    setOpen(null)
    void client.invalidateQueries({ queryKey: ["categories"] })
  }
  const text = adminText()
  return (
    <>
      <Head title={text.areas.categories}><Button kind="primary" icon={<Plus size={18} />} onClick={() => setOpen("new")}>{text.newCategory}</Button></Head>
      {!data && (error ? <Failure error={error} onRetry={() => void refetch()} /> : <SkeletonRows />)}
      <ul class="admin-rows">
        {data?.data.map((category) => (
          <li key={category.id}>
            <button type="button" class="admin-row" onClick={() => setOpen(category)}>
              <span class="admin-row-main">
                {languages.map((language) => <span key={language} dir="auto" lang={language}>{category.names?.[language] || "–"}</span>)}
              </span>
              {!category.active && <span class="chip">{text.inactive}</span>}
            </button>
          </li>
        ))}
      </ul>
      {open && <CategoryDialog category={open === "new" ? null : open} order={(data?.data.length ?? 0) + 1} onClose={close} />}
    </>
  )
}

/** A category in every language side by side. */
function CategoryDialog({ category, order, onClose }: { category: Category | null; order: number; onClose: () => void }) {
  const [names, setNames] = useState<Record<string, string>>({ ...category?.names })
  const [descriptions, setDescriptions] = useState<Record<string, string>>({ ...category?.descriptions })
  const [active, setActive] = useState(category?.active ?? true)
  const form = useForm()
  const text = adminText()
  const save = () =>
    form.run(async () => {
      const body = { names, descriptions, active }
      await (category ? call("patch", "/categories/{id}", { path: { id: category.id }, body }) : call("post", "/categories", { body: { ...body, order } }))
      toast(t().state.saved)
      onClose()
    })
  const remove = () =>
    form.run(async () => {
      await call("delete", "/categories/{id}", { path: { id: category!.id } })
      onClose()
    })
  return (
    <Dialog
      title={category ? category.name : text.newCategory}
      onClose={onClose}
      actions={
        <>
          {category && <Button kind="quiet" busy={form.busy} onClick={() => void remove()}>{t().actions.remove}</Button>}
          <Button onClick={onClose}>{t().actions.cancel}</Button>
          <Button kind="primary" busy={form.busy} onClick={() => void save()}>{t().actions.save}</Button>
        </>
      }
    >
      <FormProblem error={form.error} />
      {languages.map((language) => (
        <fieldset key={language} class="admin-language">
          <legend>{t().language[language]}</legend>
          <TextField label={adminText().name} lang={language} value={names[language] ?? ""} onText={(value) => setNames({ ...names, [language]: value })} maxLength={80} />
          <TextField label={text.description} lang={language} value={descriptions[language] ?? ""} onText={(value) => setDescriptions({ ...descriptions, [language]: value })} maxLength={500} optional />
        </fieldset>
      ))}
      <label class="check">
        <input type="checkbox" checked={active} onChange={(event) => setActive(event.currentTarget.checked)} />
        {text.activeCategory}
      </label>
    </Dialog>
  )
}
