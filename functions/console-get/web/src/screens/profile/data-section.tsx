import { useEffect, useRef, useState } from "preact/hooks"
import { call } from "../../api/client"
import { forgetUser } from "../../app/session"
import { profileText } from "../../i18n/profile"
import { Button } from "../../ui/controls"
import { FormProblem } from "../../ui/states"
import { useForm } from "../account/use-form"
import { fetchExport } from "./export"
import { OwnCodeDialog } from "./own-code-dialog"

/** The user's data: everything as a file, and the end of the account. */
export function DataSection() {
  const text = profileText()
  const [deleting, setDeleting] = useState(false)
  return (
    <section>
      <h2>{text.data}</h2>
      <div class="profile-form">
        <Export />
        <div class="field">
          <span class="label">{text.deleteTitle}</span>
          <p class="hint">{text.deleteText}</p>
          <div><Button kind="danger" onClick={() => setDeleting(true)}>{text.deleteAccount}</Button></div>
        </div>
      </div>
      {deleting && <DeleteDialog onClose={() => setDeleting(false)} />}
    </section>
  )
}

function Export() {
  const text = profileText()
  const form = useForm()
  const [waiting, setWaiting] = useState(false)
  const left = useRef(new AbortController())
  useEffect(() => () => left.current.abort(), [])
  const run = () => form.run(() => fetchExport(left.current.signal, () => setWaiting(true)).finally(() => setWaiting(false)))
  return (
    <div class="field">
      <span class="label">{text.exportTitle}</span>
      <p class="hint">{text.exportText}</p>
      <div><Button busy={form.busy} onClick={() => void run()}>{text.export}</Button></div>
      {waiting && <p class="hint" role="status">{text.exporting}</p>}
      <FormProblem error={form.error} except={[]} />
    </div>
  )
}

function DeleteDialog({ onClose }: { onClose: () => void }) {
  const text = profileText()
  const remove = async ({ phone: _, ...proven }: { phone: string; code: string }, password: string) => {
    await call("delete", "/me", { body: { ...proven, ...(password ? { password } : {}) } })
    await forgetUser()
  }
  return <OwnCodeDialog purpose="delete" title={text.deleteTitle} confirm={text.deleteAccount} kind="danger" text={text.deleteText} current="password" onProven={remove} onClose={onClose} />
}
