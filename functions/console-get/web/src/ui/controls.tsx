import type { ComponentChildren, JSX } from "preact"
import { useId, useState } from "preact/hooks"
import { Eye, EyeOff } from "lucide-preact"
import { excess } from "../api/excess"
import { codeLength } from "../api/limits"
import { t } from "../i18n"
import { toLatinDigits } from "../i18n/digits"

interface ButtonProps extends Omit<JSX.ButtonHTMLAttributes<HTMLButtonElement>, "icon"> {
  kind?: "primary" | "plain" | "quiet" | "danger" | "note"
  wide?: boolean
  /** Shows that the action is running. The button keeps the focus and ignores clicks. */
  busy?: boolean
  icon?: ComponentChildren
}

export function Button({ kind = "plain", wide, busy, icon, children, onClick, type = "button", ...rest }: ButtonProps) {
  return (
    <button {...rest} type={type} class={`button ${rest.class ?? ""}`} data-kind={kind} data-wide={wide || undefined} aria-disabled={busy || undefined} aria-busy={busy || undefined} onClick={(event) => (busy ? event.preventDefault() : onClick?.(event))}>
      {icon}
      <span>{children}</span>
    </button>
  )
}

interface IconButtonProps extends Omit<JSX.ButtonHTMLAttributes<HTMLButtonElement>, "label"> {
  label: string
}

/** A button with an icon. Its label is its name and its tooltip. */
export function IconButton({ label, children, type = "button", ...rest }: IconButtonProps) {
  return (
    <button {...rest} type={type} class={`icon-button ${rest.class ?? ""}`} aria-label={label} title={label}>
      {children}
    </button>
  )
}

interface FieldProps {
  label: string
  hint?: string | undefined
  problem?: string | undefined
  optional?: boolean
  children: (ids: { id: string; "aria-describedby": string | undefined; "aria-invalid": boolean | undefined }) => ComponentChildren
}

/** Says by how much a text is too long. It is kept whole: one that is cut would lose its end unnoticed. */
export function tooLong(text: string, limit: number): string | undefined {
  const rest = excess(text, limit)
  return rest > 0 ? t().errors.tooLong(rest, limit) : undefined
}

/** A label, a control, its hint and its error. The control takes the properties that join them. */
export function Field({ label, hint, problem, optional, children }: FieldProps) {
  const id = useId()
  const described = problem ? `${id}-problem` : hint ? `${id}-hint` : undefined
  return (
    <div class="field">
      <label for={id}>
        {label} {optional && <span class="optional">({t().state.optional})</span>}
      </label>
      {children({ id, "aria-describedby": described, "aria-invalid": problem ? true : undefined })}
      {problem ? (
        <p class="problem" id={`${id}-problem`} role="alert">{problem}</p>
      ) : (
        hint && <p class="hint" id={`${id}-hint`}>{hint}</p>
      )}
    </div>
  )
}

interface TextState {
  label: string
  hint?: string | undefined
  problem?: string | undefined
  optional?: boolean
  value: string
  onText: (value: string) => void
  /** Characters that the API takes. More can be typed, and are said. */
  limit?: number
}

interface TextProps extends Omit<JSX.InputHTMLAttributes<HTMLInputElement>, "onInput" | keyof TextState>, TextState {
  /** Corrects what is typed or pasted, also on the screen. */
  clean?: (text: string) => string
}

// The attribute autofocus works once for each page only.
const focus = (field: HTMLInputElement | null) => field?.focus()

export function TextField({ label, hint, problem, optional, value, onText, limit = Infinity, clean, ...rest }: TextProps) {
  const take = (field: HTMLInputElement) => {
    const text = clean ? clean(field.value) : field.value
    if (text !== field.value) field.value = text // a value that stays the same is not drawn again
    onText(text)
  }
  return (
    <Field label={label} hint={hint} problem={tooLong(value, limit) ?? problem} optional={optional ?? false}>
      {(ids) => <input dir="auto" placeholder=" " {...rest} {...ids} ref={rest.autoFocus ? focus : null} class={`input ${rest.class ?? ""}`} value={value} onInput={(event) => take(event.currentTarget)} />}
    </Field>
  )
}

/** A text of several lines. */
export function TextArea({ label, hint, problem, optional, value, onText, limit = Infinity, ...rest }: Omit<JSX.TextareaHTMLAttributes<HTMLTextAreaElement>, "onInput" | keyof TextState> & TextState) {
  return (
    <Field label={label} hint={hint} problem={tooLong(value, limit) ?? problem} optional={optional ?? false}>
      {(ids) => <textarea dir="auto" placeholder=" " {...rest} {...ids} class="input" value={value} onInput={(event) => onText(event.currentTarget.value)} />}
    </Field>
  )
}

/** A phone number in any digits. The value has Latin ones. */
export function PhoneField(props: Omit<TextProps, "type">) {
  return <TextField autocomplete="username" {...props} type="tel" dir="ltr" inputMode="tel" onText={(text) => props.onText(toLatinDigits(text))} />
}

const toCode = (text: string) => toLatinDigits(text).replace(/\D/g, "").slice(0, codeLength)

/** A code of six digits, in any digits. onDone is called with the sixth one. A pasted code replaces what is there. */
export function CodeField({ onDone, onText, ...rest }: Omit<TextProps, "type"> & { onDone?: (code: string) => void }) {
  const take = (code: string) => {
    onText(code)
    if (code.length === codeLength && code !== rest.value) onDone?.(code)
  }
  const paste = (event: ClipboardEvent) => {
    const code = toCode(event.clipboardData?.getData("text") ?? "")
    if (code.length < codeLength) return
    event.preventDefault()
    take(code)
  }
  return <TextField {...rest} class="code-input" type="text" dir="ltr" inputMode="numeric" autocomplete="one-time-code" clean={toCode} onText={take} onPaste={paste} />
}

export function PasswordField(props: Omit<TextProps, "type" | "clean">) {
  const [shown, show] = useState(false)
  const { label, hint, problem, optional, value, onText, ...rest } = props
  return (
    <Field label={label} hint={hint} problem={problem} optional={optional ?? false}>
      {(ids) => (
        <div class="with-end" dir="ltr">
          <input {...rest} {...ids} ref={rest.autoFocus ? focus : null} dir="ltr" class="input" type={shown ? "text" : "password"} value={value} onInput={(event) => onText(event.currentTarget.value)} />
          <IconButton label={shown ? t().account.hide : t().account.show} aria-pressed={shown} onClick={() => show(!shown)}>
            {shown ? <EyeOff size={20} /> : <Eye size={20} />}
          </IconButton>
        </div>
      )}
    </Field>
  )
}

interface SelectProps<V extends string> {
  label: string
  hint?: string
  problem?: string | undefined
  value: V
  options: readonly { value: V; label: string }[]
  onValue: (value: V) => void
  disabled?: boolean
}

export function SelectField<V extends string>({ label, hint, problem, value, options, onValue, disabled }: SelectProps<V>) {
  return (
    <Field label={label} hint={hint} problem={problem}>
      {(ids) => (
        <select {...ids} class="input" disabled={disabled} value={value} onChange={(event) => onValue(event.currentTarget.value as V)}>
          {options.map((option) => (
            <option key={option.value} value={option.value}>{option.label}</option>
          ))}
        </select>
      )}
    </Field>
  )
}

/** A few choices beside each other, one of them pressed. */
export function Segments<V extends string>({ label, value, options, onValue, disabled }: Omit<SelectProps<V>, "problem">) {
  return (
    <div class="segments" role="group" aria-label={label}>
      {options.map((option) => (
        <button key={option.value} type="button" disabled={disabled} aria-pressed={option.value === value} onClick={() => onValue(option.value)}>
          {option.label}
        </button>
      ))}
    </div>
  )
}
