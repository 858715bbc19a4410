import type { ComponentChildren } from "preact"
import { useState } from "preact/hooks"
import { session } from "../../app/session"
import { t } from "../../i18n"
import { digits } from "../../i18n/format"
import { profileText } from "../../i18n/profile"
import { Button, PasswordField } from "../../ui/controls"
import { Dialog } from "../../ui/dialog"
import { FormProblem } from "../../ui/states"
import { useCodeSteps } from "../account/code"
import type { Form } from "../account/use-form"

interface Props {
  purpose: "reset" | "delete"
  title: string
  confirm: string
  kind: "primary" | "danger"
  /** What stands before both steps. */
  text?: string
  /** The name that the API gives the current password, of staff only. */
  current: "password" | "currentPassword"
  onProven: (proven: { phone: string; code: string; challenge?: string }, current: string) => Promise<void>
  onClose: () => void
  /** The names of the fields in `children`, which show their own errors. */
  fields?: readonly string[]
  children?: (form: Form) => ComponentChildren
}

/** Takes a code that is sent to one's own number, of staff the current password too, and other fields. */
export function OwnCodeDialog({ purpose, title, confirm, kind, text, current, onProven, onClose, fields = [], children }: Props) {
  const { phone, role } = session.value!.user
  const [password, setPassword] = useState("")
  const { form, codeStep, submit } = useCodeSteps(purpose, (proven) => onProven(proven, password))
  return (
    <Dialog
      title={title}
      onClose={onClose}
      onSubmit={() => void submit(phone)}
      actions={
        <>
          <Button onClick={onClose}>{t().actions.cancel}</Button>
          <Button type="submit" kind={codeStep ? kind : "primary"} busy={form.busy}>{codeStep ? confirm : t().account.sendCode}</Button>
        </>
      }
    >
      {text && <p>{text}</p>}
      {codeStep || <p>{profileText().ownCode}<br /><bdi class="ltr">{digits(phone)}</bdi></p>}
      {codeStep && role !== "user" && <PasswordField label={profileText().currentPassword} value={password} onText={setPassword} problem={form.problem(current)} autocomplete="current-password" />}
      {codeStep && children?.(form)}
      <FormProblem error={form.error} except={["code", current, ...fields]} />
    </Dialog>
  )
}
