import { useQuery, useQueryClient } from "@tanstack/preact-query"
import { useState } from "preact/hooks"
import { Plus } from "lucide-preact"
import { call } from "../../api/client"
import { maxCategoryDescription, maxCategoryName, maxPage } from "../../api/limits"
import { allPages } from "../../api/pages"
import type { Category } from "../../api/types"
import { adminText } from "../../i18n/admin"
import { languages, languagesInOrder, t } from "../../i18n"
import { Button, SelectField, TextField } from "../../ui/controls"
import { Dialog } from "../../ui/dialog"
import { Failure, FormProblem, SkeletonRows } from "../../ui/states"
import { toast } from "../../ui/toast"
import { useForm } from "../account/use-form"
import { Head } from "./head"

export function CategoriesScreen() {
  const client = useQueryClient()
  const [open, setOpen] = useState<Category | "new" | null>(null)
  const { data, error, refetch } = useQuery({ queryKey: ["categories", "admin"], queryFn: () => allPages<Category>((cursor) => call("get", "/categories", { query: { limit: maxPage, ...cursor } })) })
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
        {data?.map((category) => (
          <li key={category.id}>
            <button type="button" class="admin-row" onClick={() => setOpen(category)}>
              <span class="admin-row-main">
                {languagesInOrder.value.map((language) => <span key={language} dir="auto" lang={language}>{category.names?.[language] || "–"}</span>)}
              </span>
              {!category.active && <span class="chip">{text.inactive}</span>}
            </button>
          </li>
        ))}
      </ul>
      {open && <CategoryDialog category={open === "new" ? null : open} all={data ?? []} onClose={close} />}
    </>
  )
}

/** A category in every language side by side. A new one is the last of the list. */
function CategoryDialog({ category, all, onClose }: { category: Category | null; all: Category[]; onClose: () => void }) {
  const [names, setNames] = useState<Record<string, string>>({ ...category?.names })
  const [descriptions, setDescriptions] = useState<Record<string, string>>({ ...category?.descriptions })
  const [active, setActive] = useState(category?.active ?? true)
  const others = all.filter(({ id }) => id !== category?.id)
  const before = all.findIndex(({ id }) => id === category?.id)
  const [position, setPosition] = useState(before)
  const [removing, setRemoving] = useState(false)
  const form = useForm()
  const text = adminText()
  const save = () =>
    form.run(async () => {
      const body = { names, descriptions, active }
      if (!category) await call("post", "/categories", { body })
      else await call("patch", "/categories/{id}", { path: { id: category.id }, body: changes(body, category) })
      if (category && position !== before) await putInOrder(others.toSpliced(position, 0, category))
      toast(t().state.saved)
      onClose()
    })
  const remove = () =>
    form.run(async () => {
      await call("delete", "/categories/{id}", { path: { id: category!.id } })
      onClose()
    })
  if (removing)
    return (
      <Dialog key="remove" title={category!.name} onClose={onClose} actions={<><Button onClick={() => setRemoving(false)}>{t().nav.back}</Button><Button kind="danger" busy={form.busy} onClick={() => void remove()}>{text.removeCategory}</Button></>}>
        <FormProblem error={form.error} />
        <p>{text.removeCategoryText}</p>
      </Dialog>
    )
  return (
    <Dialog title={category ? category.name : text.newCategory} onClose={onClose} onSubmit={() => void save()} actions={<><Button onClick={onClose}>{t().actions.cancel}</Button><Button type="submit" kind="primary" busy={form.busy}>{t().actions.save}</Button></>}>
      <FormProblem error={form.error} except={languages.flatMap((language) => [`names/${language}`, `descriptions/${language}`])} />
      {languagesInOrder.value.map((language) => (
        <fieldset key={language} class="admin-language">
          <legend>{t().language[language]}</legend>
          <TextField label={text.name} lang={language} value={names[language] ?? ""} onText={(value) => setNames({ ...names, [language]: value })} limit={maxCategoryName} problem={form.problem(`names/${language}`)} />
          <TextField label={text.description} lang={language} value={descriptions[language] ?? ""} onText={(value) => setDescriptions({ ...descriptions, [language]: value })} limit={maxCategoryDescription} optional problem={form.problem(`descriptions/${language}`)} />
        </fieldset>
      ))}
      {category && <SelectField label={text.position} value={String(position)} options={[text.first, ...others.map(({ name }) => text.after(name))].map((label, value) => ({ value: String(value), label }))} onValue={(value) => setPosition(Number(value))} />}
      <label class="check">
        <input type="checkbox" checked={active} onChange={(event) => setActive(event.currentTarget.checked)} />
        {text.activeCategory}
      </label>
      {category && <Button kind="quiet" data-danger onClick={() => setRemoving(true)}>{text.removeCategory}…</Button>}
    </Dialog>
  )
}

type Texts = Record<string, string>

/** What a form changes of a category: nothing else may go back to what the list had. */
function changes({ names, descriptions, active }: { names: Texts; descriptions: Texts; active: boolean }, before: Category) {
  const changed = (texts: Texts, old: Texts = {}) => Object.fromEntries(Object.entries(texts).filter(([language, text]) => text !== (old[language] ?? "")))
  return { names: changed(names, before.names), descriptions: changed(descriptions, before.descriptions), ...(active !== before.active ? { active } : {}) }
}

/** Numbers the categories in this order. A repeat after an error changes what is left. */
async function putInOrder(all: readonly Category[]): Promise<void> {
  for (const [order, { id, order: old }] of all.entries()) if (order !== old) await call("patch", "/categories/{id}", { path: { id }, body: { order } })
}
