import { type ComponentChildren, Fragment } from "preact"
import { useState } from "preact/hooks"
import { t } from "../../i18n"
import { digits } from "../../i18n/format"
import { Button, PhoneField } from "../../ui/controls"
import { FormProblem } from "../../ui/states"
import { type Purpose, useCodeSteps } from "./code"
import type { Form } from "./use-form"

interface Props {
  purpose: Purpose
  phoneLabel: string
  submitLabel: string
  /** Names of the fields in `children`, which show their own errors. */
  fields: readonly string[]
  onSubmit: (proven: { phone: string; code: string; challenge?: string }) => Promise<void>
  /** The fields beside that of the code. */
  children: (form: Form) => ComponentChildren
}

/** A form in two steps: a number that a code is sent to, then the code together with other fields. */
export function CodeForm({ purpose, phoneLabel, submitLabel, fields, onSubmit, children }: Props) {
  const [phone, setPhone] = useState("")
  const { form, codeStep, submit, restart } = useCodeSteps(purpose, onSubmit)
  return (
    <form
      class="account-form"
      onSubmit={(event) => {
        event.preventDefault()
        void submit(phone)
      }}
    >
      {codeStep ? (
        <Fragment key="code">
          {codeStep}
          {children(form)}
        </Fragment>
      ) : (
        <PhoneField key="phone" label={phoneLabel} value={phone} onText={setPhone} problem={form.problem("phone")} required autoFocus placeholder={digits("0912 345 6789")} />
      )}
      <FormProblem error={form.error} except={codeStep ? ["code", ...fields] : ["phone"]} />
      <Button type="submit" kind="primary" wide busy={form.busy}>{codeStep ? submitLabel : t().account.sendCode}</Button>
      {codeStep && <Button kind="quiet" wide onClick={restart}>{t().account.otherPhone}</Button>}
    </form>
  )
}
