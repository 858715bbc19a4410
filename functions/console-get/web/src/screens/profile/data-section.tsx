import { useEffect, useRef, useState } from "preact/hooks"
import { call } from "../../api/client"
import { forgetUser, session } from "../../app/session"
import { t } from "../../i18n"
import { digits } from "../../i18n/format"
import { profileText } from "../../i18n/profile"
import { Button, PasswordField } from "../../ui/controls"
import { Dialog } from "../../ui/dialog"
import { FormProblem } from "../../ui/states"
import { useCodeSteps } from "../account/code"
import { useForm } from "../account/use-form"
import { fetchExport } from "./export"

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
  const { phone, role } = session.value!.user
  const [password, setPassword] = useState("")
  const { form, codeStep, submit } = useCodeSteps("delete", async ({ phone: _, ...proven }) => {
    await call("delete", "/me", { body: { ...proven, ...(password ? { password } : {}) } })
    await forgetUser()
  })
  return (
    <Dialog
      title={text.deleteTitle}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t().actions.cancel}</Button>
          <Button kind="danger" busy={form.busy} onClick={() => void submit(phone)}>{codeStep ? text.deleteAccount : t().account.sendCode}</Button>
        </>
      }
    >
      <p>{text.deleteText}</p>
      {!codeStep && <p>{text.ownCode}<br /><bdi class="ltr">{digits(phone)}</bdi></p>}
      <form
        class="profile-form"
        onSubmit={(event) => {
          event.preventDefault()
          void submit(phone)
        }}
      >
        {codeStep}
        {codeStep && role !== "user" && <PasswordField label={text.currentPassword} value={password} onText={setPassword} problem={form.problem("password")} autocomplete="current-password" />}
        <FormProblem error={form.error} except={["code", "password"]} />
        <button type="submit" hidden>{t().actions.done}</button>
      </form>
    </Dialog>
  )
}
