import { useState } from "preact/hooks"
import { call } from "../../api/client"
import type { components } from "../../api/schema"
import type { Role } from "../../api/types"
import { session } from "../../app/session"
import { adminText } from "../../i18n/admin"
import { t } from "../../i18n"
import { digits, exact } from "../../i18n/format"
import { Button, PhoneField, SelectField, TextField } from "../../ui/controls"
import { Dialog } from "../../ui/dialog"
import { FormProblem } from "../../ui/states"
import { toast } from "../../ui/toast"
import { useForm } from "../account/use-form"

export type AdminUser = components["schemas"]["AdminUser"]

const roleOptions = () => (["user", "support", "admin"] as const).map((value) => ({ value, label: t().role[value] }))

/** One user: name, role, access, removal. Removal asks for the number, because nothing brings the user back. */
export function UserDialog({ user, onClose }: { user: AdminUser; onClose: () => void }) {
  const [name, setName] = useState(user.name)
  const [role, setRole] = useState<Role>(user.role)
  const [disabled, setDisabled] = useState(user.disabled)
  const [removing, setRemoving] = useState(false)
  const [typed, setTyped] = useState("")
  const form = useForm()
  const text = adminText()
  const own = user.id === session.value?.user.id
  const confirmed = typed.replace(/\D/g, "").slice(-10) === user.phone.slice(-10)
  const save = () =>
    form.run(async () => {
      const body = { ...(name !== user.name ? { name } : {}), ...(role !== user.role ? { role } : {}), ...(disabled !== user.disabled ? { disabled } : {}) }
      if (Object.keys(body).length) await call("patch", "/users/{id}", { path: { id: user.id }, body })
      toast(t().state.saved)
      onClose()
    })
  const remove = () =>
    form.run(async () => {
      await call("delete", "/users/{id}", { path: { id: user.id } })
      toast(text.userRemoved)
      onClose()
    })
  return (
    <Dialog title={user.name || user.phone} onClose={onClose} actions={removing ? <><Button onClick={() => setRemoving(false)}>{t().nav.back}</Button><Button kind="danger" busy={form.busy} disabled={!confirmed} onClick={() => void remove()}>{text.removeUser}</Button></> : <><Button onClick={onClose}>{t().actions.cancel}</Button><Button kind="primary" busy={form.busy} onClick={() => void save()}>{t().actions.save}</Button></>}>
      <p class="meta"><bdi class="ltr">{digits(user.phone)}</bdi> · {text.since(exact(new Date(user.createdAt)))}</p>
      <FormProblem error={form.error} except={["name", "role", "disabled"]} />
      {removing ? (
        <>
          <p>{text.removeText}</p>
          <PhoneField label={text.typeNumber} value={typed} onText={setTyped} autoFocus />
        </>
      ) : (
        <>
          <TextField label={adminText().name} value={name} onText={setName} maxLength={100} problem={form.problem("name")} />
          <SelectField label={text.role} value={role} options={roleOptions()} onValue={setRole} problem={form.problem("role")} />
          <label class="check">
            <input type="checkbox" checked={disabled} disabled={own} onChange={(event) => setDisabled(event.currentTarget.checked)} />
            {text.disable}
          </label>
          {!own && <Button kind="quiet" data-danger onClick={() => setRemoving(true)}>{text.removeUser}…</Button>}
        </>
      )}
    </Dialog>
  )
}

export function NewUser({ onClose }: { onClose: () => void }) {
  const [phone, setPhone] = useState("")
  const [name, setName] = useState("")
  const [role, setRole] = useState<Role>("support")
  const form = useForm()
  const save = () =>
    form.run(async () => {
      await call("post", "/users", { body: { phone, role, ...(name ? { name } : {}) } })
      toast(t().state.saved)
      onClose()
    })
  return (
    <Dialog title={adminText().newUser} onClose={onClose} actions={<><Button onClick={onClose}>{t().actions.cancel}</Button><Button kind="primary" busy={form.busy} onClick={() => void save()}>{t().actions.save}</Button></>}>
      <FormProblem error={form.error} except={["phone", "name", "role"]} />
      <PhoneField label={t().account.phone} value={phone} onText={setPhone} problem={form.problem("phone")} autoFocus />
      <TextField label={adminText().name} value={name} onText={setName} maxLength={100} problem={form.problem("name")} optional />
      <SelectField label={adminText().role} value={role} options={roleOptions()} onValue={setRole} problem={form.problem("role")} hint={adminText().newUserHint} />
    </Dialog>
  )
}
