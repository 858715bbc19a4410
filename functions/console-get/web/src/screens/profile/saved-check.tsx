import { useRef } from "preact/hooks"
import { toastError } from "../../ui/toast"

interface Props {
  label: string
  checked: boolean
  save: (on: boolean) => Promise<unknown>
}

/** A box that is saved at once, and shows what is stored if it could not be saved. */
export function SavedCheck({ label, checked, save }: Props) {
  const stored = useRef(checked)
  stored.current = checked
  const change = (box: HTMLInputElement) =>
    void save(box.checked).catch((error: unknown) => {
      box.checked = stored.current
      toastError(error)
    })
  return <label class="check"><input type="checkbox" checked={checked} onChange={(event) => change(event.currentTarget)} />{label}</label>
}
