import type { ComponentChildren } from "preact"
import { useEffect, useId, useRef, useState } from "preact/hooks"
import { Check, Search } from "lucide-preact"
import { inboxText } from "../../i18n/inbox"
import { useBackdrop } from "../../ui/backdrop"
import { fold } from "./fold-text"

export interface Option {
  id: string
  label: string
  icon?: ComponentChildren
  detail?: string | undefined
  checked?: boolean
  run: () => void
}

interface PickerProps {
  label: string
  options: readonly Option[]
  /** Text that becomes an option of its own if no other has it, or null if it cannot. */
  create?: ((text: string) => Option | null) | undefined
  /** Says what cannot be chosen, and why. */
  problem?: ((text: string) => string | undefined) | undefined
  onClose: () => void
}

const shownOptions = 50

/** Chooses one of many by typing (ARIA APG: combobox with a list box), in a dialog. */
export function Picker({ label, options, create, problem, onClose }: PickerProps) {
  const id = useId()
  const dialog = useRef<HTMLDialogElement>(null)
  const [text, setText] = useState("")
  const [at, setAt] = useState(0)
  const words = fold(text).split(" ").filter(Boolean)
  const found = options.filter((option) => words.every((word) => fold(`${option.label} ${option.detail ?? ""}`).includes(word))).slice(0, shownOptions)
  const own = create && text.trim() && !options.some((option) => fold(option.label) === fold(text)) ? create(text.trim()) : null
  const shown = own ? [...found, own] : found
  const refusal = problem?.(text.trim())
  const active = shown[Math.min(at, shown.length - 1)]

  useEffect(() => {
    const element = dialog.current
    element?.showModal()
    return () => element?.close()
  }, [])
  const activeId = active && `${id}-${active.id}`
  useEffect(() => void (activeId && document.getElementById(activeId)?.scrollIntoView({ block: "nearest" })), [activeId])

  const choose = (option: Option | undefined) => {
    if (!option) return
    dialog.current?.close() // the focus goes back first: the option may move it
    onClose()
    option.run()
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.isComposing) return
    if (event.key === "ArrowDown") setAt((Math.min(at, shown.length - 1) + 1) % Math.max(1, shown.length))
    else if (event.key === "ArrowUp") setAt((Math.min(at, shown.length - 1) - 1 + shown.length) % Math.max(1, shown.length))
    else if (event.key === "Enter") choose(active)
    else return
    event.preventDefault()
  }
  return (
    <dialog
      ref={dialog}
      class="picker"
      aria-label={label}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      {...useBackdrop(onClose)}
    >
      <div class="picker-body">
        <label class="picker-input">
          <Search size={18} aria-hidden="true" />
          <input
            role="combobox"
            dir="auto"
            autoFocus
            aria-label={label}
            aria-expanded={true}
            aria-controls={`${id}-list`}
            aria-activedescendant={activeId}
            aria-autocomplete="list"
            placeholder={label}
            value={text}
            onInput={(event) => {
              setText(event.currentTarget.value)
              setAt(0)
            }}
            onKeyDown={onKey}
          />
        </label>
        <div id={`${id}-list`} class="picker-list" role="listbox" aria-label={label} tabIndex={-1}>
          {shown.map((option) => (
            <div key={option.id} id={`${id}-${option.id}`} role="option" tabIndex={-1} aria-selected={option === active} onClick={() => choose(option)} onMouseMove={() => option !== active && setAt(shown.indexOf(option))}>
              {option.icon}
              <bdi>{option.label}</bdi>
              {option.detail && <span class="meta"><bdi>{option.detail}</bdi></span>}
              {option.checked && <Check size={16} class="end" aria-label={inboxText().chosen} />}
            </div>
          ))}
        </div>
        {refusal ? <p class="picker-none problem" role="status">{refusal}</p> : shown.length === 0 && <p class="picker-none" role="status">{inboxText().nothingFound}</p>}
      </div>
    </dialog>
  )
}
