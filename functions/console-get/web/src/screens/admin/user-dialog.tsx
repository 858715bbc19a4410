import { useState } from "preact/hooks"
import { call } from "../../api/client"
import { maxEmail, maxName, minPassword } from "../../api/limits"
import type { components } from "../../api/schema"
import type { Role } from "../../api/types"
import { session, updateUser } from "../../app/session"
import { adminText } from "../../i18n/admin"
import { language, t } from "../../i18n"
import { digits, exact } from "../../i18n/format"
import { Button, PasswordField, PhoneField, SelectField, TextField } from "../../ui/controls"
import { Dialog } from "../../ui/dialog"
import { FormProblem } from "../../ui/states"
import { toast } from "../../ui/toast"
import { useForm } from "../account/use-form"

export type AdminUser = components["schemas"]["AdminUser"]

const roleOptions = () => (["user", "support", "admin"] as const).map((value) => ({ value, label: t().role[value] }))

/** One user: name, role, what they sign in with, access, removal. A change of one's own number or password takes a proof that is not asked for here. Removal asks for the number, because nothing brings the user back. */
export function UserDialog({ user, onClose }: { user: AdminUser; onClose: () => void }) {
  const [name, setName] = useState(user.name)
  const [role, setRole] = useState<Role>(user.role)
  const [phone, setPhone] = useState(user.phone)
  const [email, setEmail] = useState(user.email ?? "")
  const [password, setPassword] = useState("")
  const [disabled, setDisabled] = useState(user.disabled)
  const [removing, setRemoving] = useState(false)
  const [typed, setTyped] = useState("")
  const form = useForm()
  const text = adminText()
  const own = user.id === session.value?.user.id
  const confirmed = typed.replace(/\D/g, "").slice(-10) === user.phone.slice(-10)
  const save = () =>
    form.run(async () => {
      const body = {
        ...(name !== user.name ? { name } : {}),
        ...(role !== user.role ? { role } : {}),
        ...(phone !== user.phone ? { phone } : {}),
        ...(email.trim() !== (user.email ?? "") ? { email: email.trim() } : {}),
        ...(password ? { password } : {}),
        ...(disabled !== user.disabled ? { disabled } : {}),
      }
      if (Object.keys(body).length) {
        const changed = await call("patch", "/users/{id}", { path: { id: user.id }, body })
        if (own) updateUser(changed)
        if (own && changed.role !== user.role) return location.assign("/app/") // another role has other screens
      }
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
    <Dialog title={user.name || user.phone} onClose={onClose} onSubmit={() => void (removing ? confirmed && remove() : save())} actions={removing ? <><Button onClick={() => setRemoving(false)}>{t().nav.back}</Button><Button type="submit" kind="danger" busy={form.busy} disabled={!confirmed}>{text.removeUser}</Button></> : <><Button onClick={onClose}>{t().actions.cancel}</Button><Button type="submit" kind="primary" busy={form.busy}>{t().actions.save}</Button></>}>
      <p class="meta"><bdi class="ltr">{digits(user.phone)}</bdi> · {text.since(exact(new Date(user.createdAt)))}</p>
      <FormProblem error={form.error} except={["name", "role", "phone", "email", "password", "disabled"]} />
      {removing ? (
        <>
          <p>{text.removeText}</p>
          <PhoneField label={text.typeNumber} value={typed} onText={setTyped} autoFocus />
        </>
      ) : (
        <>
          <TextField label={adminText().name} value={name} onText={setName} limit={maxName} problem={form.problem("name")} />
          <SelectField label={text.role} value={role} options={roleOptions()} onValue={setRole} problem={form.problem("role")} />
          {!own && (
            <>
              <PhoneField label={t().account.phone} value={phone} onText={setPhone} problem={form.problem("phone")} autocomplete="off" />
              <EmailField value={email} onText={setEmail} problem={form.problem("email")} />
              <PasswordField label={t().account.newPassword} value={password} onText={setPassword} problem={form.problem("password")} optional autocomplete="new-password" hint={`${t().errors.tooShort(minPassword)} ${text.passwordHint}`} />
            </>
          )}
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

function EmailField(props: { value: string; onText: (email: string) => void; problem: string | undefined }) {
  return <TextField {...props} label={adminText().fields.email!} type="email" dir="ltr" limit={maxEmail} optional autocomplete="off" />
}

export function NewUser({ onClose }: { onClose: () => void }) {
  const [phone, setPhone] = useState("")
  const [name, setName] = useState("")
  const [role, setRole] = useState<Role>("support")
  const [email, setEmail] = useState("")
  const [password, setPassword] = useState("")
  const form = useForm()
  const save = () =>
    form.run(async () => {
      await call("post", "/users", { body: { phone, role, locale: language.peek(), ...(name ? { name } : {}), ...(email.trim() ? { email: email.trim() } : {}), ...(password ? { password } : {}) } })
      toast(t().state.saved)
      onClose()
    })
  return (
    <Dialog title={adminText().newUser} onClose={onClose} onSubmit={() => void save()} actions={<><Button onClick={onClose}>{t().actions.cancel}</Button><Button type="submit" kind="primary" busy={form.busy}>{t().actions.save}</Button></>}>
      <FormProblem error={form.error} except={["phone", "name", "role", "email", "password"]} />
      <PhoneField label={t().account.phone} value={phone} onText={setPhone} problem={form.problem("phone")} autoFocus autocomplete="off" />
      <TextField label={adminText().name} value={name} onText={setName} limit={maxName} problem={form.problem("name")} optional />
      <SelectField label={adminText().role} value={role} options={roleOptions()} onValue={setRole} problem={form.problem("role")} />
      <EmailField value={email} onText={setEmail} problem={form.problem("email")} />
      <PasswordField label={t().account.password} value={password} onText={setPassword} problem={form.problem("password")} optional autocomplete="new-password" hint={`${t().errors.tooShort(minPassword)} ${adminText().newUserHint}`} />
    </Dialog>
  )
}
