import { useQuery } from "@tanstack/preact-query"
import { useRef, useState } from "preact/hooks"
import { call } from "../../api/client"
import { maxName } from "../../api/limits"
import { session, updateUser } from "../../app/session"
import { language, t } from "../../i18n"
import { profileText } from "../../i18n/profile"
import { Avatar } from "../../ui/avatar"
import { Button, SelectField, TextField } from "../../ui/controls"
import { FormProblem } from "../../ui/states"
import { toast } from "../../ui/toast"
import { useEdited } from "../../ui/use-edited"
import { useForm } from "../account/use-form"
import { CropDialog } from "./crop"

/** Name, picture and place. */
export function Personal() {
  const user = session.value!.user
  const name = useEdited(user.name)
  const place = useEdited({ province: user.province?.id ?? "", city: user.city?.id ?? "" }) // a city is one of its province
  const { province, city } = place.value
  const [picture, setPicture] = useState<File | null>(null)
  const input = useRef<HTMLInputElement>(null)
  const form = useForm()
  const { data } = useQuery({ queryKey: ["provinces"], staleTime: Infinity, queryFn: () => call("get", "/provinces") })
  const provinces = data?.data ?? []
  const nameOf = (place: { name: string; nameFa: string }) => (language.value === "fa" ? place.nameFa : place.name)
  const options = (places: readonly { id: string; name: string; nameFa: string }[]) => [{ value: "", label: profileText().none }, ...places.map((place) => ({ value: place.id, label: nameOf(place) }))]

  const save = () =>
    form.run(async () => {
      const body = { ...(name.changed ? { name: name.value } : {}), ...(place.changed ? place.value : {}) }
      if (name.changed || place.changed) updateUser(await call("patch", "/profile", { body }))
      name.stored(name.value)
      place.stored(place.value)
      toast(t().state.saved)
    })
  const removePicture = () => form.run(async () => updateUser(await call("patch", "/profile", { body: { pictureId: "" } })))
  return (
    <section>
      <h2>{profileText().personal}</h2>
      <form
        class="profile-form"
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
      >
        <div class="profile-picture">
          <Avatar name={user.name || user.phone} pictureUrl={user.pictureUrl} size="large" />
          <div class="picture-actions">
            <Button onClick={() => input.current?.click()}>{profileText().changePicture}</Button>
            {user.pictureUrl && <Button kind="quiet" onClick={() => void removePicture()}>{profileText().removePicture}</Button>}
          </div>
          <input
            ref={input}
            type="file"
            accept="image/png,image/jpeg,image/webp"
            hidden
            onChange={(event) => {
              setPicture(event.currentTarget.files?.[0] ?? null)
              event.currentTarget.value = ""
            }}
          />
        </div>
        <TextField label={profileText().name} value={name.value} onText={name.set} problem={form.problem("name")} autocomplete="name" limit={maxName} />
        <div class="profile-pair">
          <SelectField
            label={profileText().province}
            value={province}
            options={options(provinces)}
            problem={form.problem("province")}
            onValue={(value) => place.set({ province: value, city: "" })}
          />
          <SelectField label={profileText().city} value={city} options={options(provinces.find((each) => each.id === province)?.cities ?? [])} problem={form.problem("city")} onValue={(value) => place.set({ province, city: value })} disabled={!province} />
        </div>
        <FormProblem error={form.error} except={["name", "province", "city"]} />
        <div><Button type="submit" kind="primary" busy={form.busy}>{t().actions.save}</Button></div>
      </form>
      {picture && <CropDialog file={picture} onClose={() => setPicture(null)} />}
    </section>
  )
}
