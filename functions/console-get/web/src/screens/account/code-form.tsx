import { type ComponentChildren, Fragment } from "preact"
import { useState } from "preact/hooks"
import { t } from "../../i18n"
import { Button, PhoneField } from "../../ui/controls"
import { FormProblem } from "../../ui/states"
import { CodeStep, proof, type Purpose, sendCode, type SentCode } from "./code"
import { type Form, useForm } from "./use-form"

interface Props {
  purpose: Purpose
  phoneLabel: string
  submitLabel: string
  /** Names of the fields in `children`, which show their own errors. */
  fields: readonly string[]
  onSubmit: (proven: { phone: string; code: string; challenge?: string }) => Promise<void>
  /** The fields beside that of the code. */
  children: (problem: Form["problem"]) => ComponentChildren
}

/** A form in two steps: a number that a code is sent to, then the code together with other fields. */
export function CodeForm({ purpose, phoneLabel, submitLabel, fields, onSubmit, children }: Props) {
  const [phone, setPhone] = useState("")
  const [code, setCode] = useState("")
  const [sent, setSent] = useState<SentCode | null>(null)
  const form = useForm()
  const submit = () => form.run(async () => (sent ? onSubmit({ phone, ...proof(sent, code) }) : setSent(await sendCode(phone, purpose))))
  const chooseOther = () => {
    setSent(null)
    setCode("")
    form.setError(null)
  }
  return (
    <form
      class="account-form"
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      {sent ? (
        <Fragment key="code">
          <CodeStep sent={sent} purpose={purpose} code={code} problem={form.problem("code")} onCode={setCode} onSent={setSent} onError={form.setError} />
          {children(form.problem)}
        </Fragment>
      ) : (
        <PhoneField key="phone" label={phoneLabel} value={phone} onText={setPhone} problem={form.problem("phone")} required autoFocus placeholder="0912 345 6789" />
      )}
      <FormProblem error={form.error} except={["phone", "code", ...fields]} />
      <Button type="submit" kind="primary" wide busy={form.busy}>{sent ? submitLabel : t().account.sendCode}</Button>
      {sent && <Button kind="quiet" wide onClick={chooseOther}>{t().account.otherPhone}</Button>}
    </form>
  )
}
